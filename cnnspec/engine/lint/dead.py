"""Work that nobody wants: layers whose output nothing reads, and inputs that no layer does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnspec.engine.diagnostics import Diagnostic, Label
from cnnspec.engine.lint.view import Finding, View, warn
from cnnspec.engine.network import INPUT, Graph
from cnnspec.engine.spec import Spec
from cnnspec.engine.syntax import Map


def unused_output(view: View) -> Iterator[Finding]:
    """A layer whose output neither another layer nor the network's result takes."""
    takers, live = view.graph.takers, view.graph.live_values
    for node in view.graph.nodes:
        if node.index in takers or node.index in live:
            continue
        if node.several is None or (takers.keys() | live).isdisjoint(node.values):
            yield warn(
                "unused-output",
                node,
                f"the output of this `{node.type}` is not used",
                f"computes {node.shape}, which no line uses",
                help="use it with `from`, or remove the lines that lead only here",
            )


def unused_inputs(spec: Spec, graphs: Sequence[Graph]) -> Iterator[Diagnostic]:
    """One of several inputs that no line takes under any variant, and that is no output either."""
    if not isinstance(spec.input, Map) or spec.input.span.source is not spec.source:
        return
    used = {value for graph in graphs for node in graph.nodes for value in node.inputs}
    used.update(value for graph in graphs for value in graph.live_values)
    for number, entry in enumerate(spec.input):
        if INPUT - number not in used:
            message = f"no line uses the input `{entry.key.text}`"
            help = f"name it in the line that needs it, `from: {entry.key.text}`, or remove it"
            yield Diagnostic("unused-input", message, Label(entry.key.span), help=help, severity="warning")
