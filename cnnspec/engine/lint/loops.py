"""Loops in the paths of a join: rounds that run in sequence where parallel paths may be meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cnnspec.engine.diagnostics import Diagnostic, Label
from cnnspec.engine.layers import Shape
from cnnspec.engine.lint.view import Finding, View
from cnnspec.engine.network import Node, Scope
from cnnspec.engine.spec import Item
from cnnspec.engine.syntax import Map


def foreach_in_path(view: View) -> Iterator[Finding]:
    """A path of a join that is one line with a `foreach`, whose rounds all give the same shape.

    Where they give different shapes, a sequence such as one of growing widths is meant.
    """
    joins = {id(node.item): node for node in view.graph.nodes if node.item.paths is not None}
    lines = {id(line.foreach): (line, join) for join in joins.values() for line in _looping(join)}
    rounds = _rounds(view, view.graph.root, lines.keys()) if lines else {}
    for loop, (line, join) in lines.items():
        found = rounds.get(loop, [])
        if len(found) > 1 and len({shape for _, shape in found}) == 1:
            yield _in_sequence(found[0][0], line, join, len(found))


def _looping(join: Node) -> Iterator[Item]:
    """The lines with a `foreach` that are a path by themselves."""
    for path in join.item.paths or ():
        if len(path.items) == 1 and path.items[0].foreach is not None and not path.span.source.shipped:
            yield path.items[0]


def _rounds(view: View, scope: Scope, loops: Collection[int]) -> dict[int, list[tuple[Node, Shape]]]:
    """For each loop, a layer and the output of each of its rounds, in the first scope that runs it."""
    found: dict[int, dict[int, tuple[Node, Shape]]] = {}
    for child in scope.children:
        way = child.opened.control_path if isinstance(child, Scope) else child.control_path
        node = next(child.leaves()) if isinstance(child, Scope) else child
        output = child.output if isinstance(child, Scope) else child.index
        for turn in way.rounds:
            if id(turn.loop) in loops:
                found.setdefault(id(turn.loop), {})[turn.number] = (node, view.graph.shape(output))
    here = {loop: list(rounds.values()) for loop, rounds in found.items()}
    for child in scope.children:
        if isinstance(child, Scope):
            here = {**_rounds(view, child, loops), **here}
    return here


def _in_sequence(node: Node, line: Item, join: Node, rounds: int) -> Finding:
    assert isinstance(line.node, Map)
    entry = line.node.entry("foreach")
    assert entry is not None
    diagnostic = Diagnostic(
        "foreach-in-path",
        f"`foreach` runs its {rounds} rounds in sequence, inside one path of `{join.type}`",
        Label(entry.key.span, "each round takes the output of the previous one"),
        labels=(Label(join.item.op.span, f"joins the output of round {rounds}"),),
        help="for parallel paths, write the path as `{foreach: …, layers: […]}`; for a sequence, silence the warning",
        trace=join.trace,
        severity="warning",
    )
    return Finding(node, diagnostic)
