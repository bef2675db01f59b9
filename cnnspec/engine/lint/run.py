"""Runs the rules over a spec's graphs, and makes one warning of what a line does in many places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Sink, count, listing
from cnnspec.engine.gc_paused import gc_paused
from cnnspec.engine.lint import activations, dead, field, joins, loops, norms, windows
from cnnspec.engine.lint.ignore import Ignores, comments, of_file, stale, without_codes
from cnnspec.engine.lint.initial import unused_init
from cnnspec.engine.lint.text import text_warnings
from cnnspec.engine.lint.view import Finding, View
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import Item, Spec

Rule = Callable[[View], Iterable[Finding]]
RULES: tuple[Rule, ...] = (
    norms.bias_before_norm,
    norms.dropout_before_norm,
    norms.norm_of_one_value,
    activations.activation_on_logits,
    activations.linear_after_linear,
    windows.unseen_input,
    windows.padded_window,
    windows.pool_enlarges,
    joins.broadcast_join,
    joins.wasteful_groups,
    loops.foreach_in_path,
    dead.unused_output,
    field.receptive_field,
)
CODES = frozenset(
    """
    bias-before-norm dropout-before-norm norm-of-one-value activation-on-logits linear-after-linear skipped-input
    dropped-rows padded-window pool-enlarges broadcast-join wasteful-groups unused-output unused-input unused-param
    unused-block unused-id unused-init unreachable-line unknown-code unused-ignore small-receptive-field
    large-receptive-field foreach-in-path
    """.split()
)
MOST_LINES = 6  # further lines of the same warning that are named


@gc_paused
def lint(spec: Spec, graphs: Sequence[Graph]) -> tuple[Diagnostic, ...]:
    """The warnings about a sound spec, by place; ``graphs`` are of its variants, or of the one that is asked for."""
    texts = (spec.source, *spec.bases)
    ignores = Ignores((*of_file(spec.ignored, spec.source), *(ignore for text in texts for ignore in comments(text))))
    sink = Sink()
    for diagnostic in (*_graph_warnings(graphs, ignores), *_kept(text_warnings(spec), ignores)):
        sink.add(diagnostic)
    for diagnostic in without_codes(spec.source):
        sink.add(diagnostic)
    every_variant = len(graphs) >= len(spec.variants)
    of_all = (*unused_init(spec, graphs), *dead.unused_inputs(spec, graphs)) if every_variant else ()
    for diagnostic in _kept(of_all, ignores):
        sink.add(diagnostic)
    for diagnostic in _kept(stale(ignores.unused(spec.source), CODES), ignores):
        if sink.full:
            break
        if every_variant or diagnostic.code != "unused-ignore":  # another variant may need the silence
            sink.add(diagnostic)
    return sink.in_order()


def _graph_warnings(graphs: Sequence[Graph], ignores: Ignores) -> Iterator[Diagnostic]:
    """One warning for each code and line, from all the places that the line makes."""
    groups: dict[tuple[str, Item], list[Finding]] = {}
    made: dict[Item, int] = {}
    for graph in graphs:
        for node in graph.nodes:
            made[node.item] = made.get(node.item, 0) + 1
        view = View(graph)
        for finding in (finding for rule in RULES for finding in rule(view)):
            groups.setdefault((finding.diagnostic.code, finding.node.item), []).append(finding)
    for (_, item), found in groups.items():
        kept = [f for f in found if not ignores.silences(f.diagnostic, f.node.span)]
        if kept:
            yield _merged(kept, everywhere=len(kept) == made[item])


def _merged(found: list[Finding], *, everywhere: bool) -> Diagnostic:
    """One of several findings about one line, which tells of the others; it is mended only if all are."""
    told = max(found, key=lambda finding: finding.weight)
    first = told.diagnostic
    more = len({finding.node.key for finding in found}) - 1
    text = told.node.span.source
    others = {finding.node.span.line for finding in found if finding.node.span.source is text}
    lines = sorted(others - {told.node.span.line})
    notes = (*first.notes, f"the same in {count(more, 'more layer')}{_in_lines(lines)}") if more else first.notes
    repairs = first.repairs if everywhere else ()
    words = "" if everywhere else "; ".join(repair.words for repair in first.repairs)
    help = first.help or (f"{words} at the calls that need it: this line makes other layers too" if words else "")
    return replace(first, notes=notes, repairs=repairs, help=help)


def _in_lines(lines: list[int]) -> str:
    """``, in lines 22, 24 and 27 too``; of many the first few."""
    if not lines:
        return ""
    shown = [
        *map(str, lines[:MOST_LINES]),
        *([count(len(lines) - MOST_LINES, "other")] if len(lines) > MOST_LINES else []),
    ]
    return f", in line{'s' if len(lines) > 1 else ''} {listing(shown)} too"


def _kept(found: Iterable[Diagnostic], ignores: Ignores) -> Iterator[Diagnostic]:
    return (diagnostic for diagnostic in found if not ignores.silences(diagnostic, diagnostic.span))
