"""Rules of `init` for layer types that no variant has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnspec.engine.diagnostics import Diagnostic, Label
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import Spec


def unused_init(spec: Spec, graphs: Sequence[Graph]) -> Iterator[Diagnostic]:
    """Of patterns the checker tells: no param brings a misspelt key to life, while one may bring another layer type."""
    types = {node.type for graph in graphs for node in graph.nodes} if spec.init else set()
    for rule in spec.init:
        own = rule.key.span.source is spec.source
        if own and rule.pattern is None and rule.key.text not in types:
            message = f"the network has no `{rule.key.text}`"
            help = "remove the rule, or name a layer type that the network has"
            yield Diagnostic("unused-init", message, Label(rule.key.span), help=help, severity="warning")
