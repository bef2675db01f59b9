"""Graph -> the rows of a table: one for each scope and layer, repeated siblings folded.

Rows of a folded scope show one copy; its heading shows how many there are and what they cost together, so that the
headings and rows of one level always add up to the line above them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cnnspec.engine.layers import Shape
from cnnspec.engine.network import Graph, Node, Scope
from cnnspec.engine.network.graph import NOWHERE


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``copies`` > 1: ``nodes`` are the layers of all of them, ``value`` is what the last gives.

    ``input`` are the shapes that reach the first.
    """

    key: str
    type: str
    input: tuple[Shape, ...]
    output: Mapping[str, Shape] | None  # by the names of the outputs; None where a mistake leaves it unknown
    nodes: tuple[Node, ...]
    value: int
    line: int
    level: int
    copies: int = 1
    values: tuple[int, ...] = ()  # of a scope: what it gives, by the numbers of the values
    is_scope: bool = False

    @property
    def again(self) -> bool:
        """Whether it runs the module of a row above once more."""
        return all(node.reused for node in self.nodes)

    @property
    def params(self) -> int:
        """Numbers that training changes; those that several layers share are counted where the first one stands."""
        return sum(node.params for node in self.nodes)

    @property
    def macs(self) -> int | None:
        """Those of evaluation. None: no part of it is counted."""
        counted = [node.macs for node in self.nodes if node.macs is not None and not node.aux]
        return sum(counted) if counted else None


def rows(graph: Graph, full: bool = False, depth: int | None = None, weigh: Sequence[int] = ()) -> list[Row]:
    """The rows in order of execution. ``full`` shows every copy, ``depth`` how many levels of scopes are opened.

    Scopes are folded where layers, shapes and names inside are the same, and what ``weigh`` says of each node.
    """
    return list(_rows(graph, graph.root, 0, full, depth, weigh))


def leaf(node: Node, level: int = 0) -> Row:
    """The row of a layer."""
    output = {name: given.shape for name, given in node.outputs.items()}
    return Row(node.key, node.type, node.input_shapes, output, (node,), node.index, node.span.line, level)


def _rows(graph: Graph, scope: Scope, level: int, full: bool, depth: int | None, weigh: Sequence[int]) -> Iterator[Row]:
    for group in _groups(scope.children, full, weigh):
        first = group[0]
        if isinstance(first, Node):
            yield leaf(first, level)
            continue
        yield _heading(graph, group, level)
        if depth is None or level + 1 < depth:
            yield from _rows(graph, first, level + 1, full, depth, weigh)


def _heading(graph: Graph, group: list[Scope], level: int) -> Row:
    first, last = group[0], group[-1]
    return Row(
        key=first.key if len(group) == 1 else f"{first.key} … {last.name}",
        type=first.type,
        input=tuple(shape for value in first.inputs if (shape := _shape(graph, value)) is not None),
        output=None if NOWHERE in last.values else {name: graph.shape(value) for name, value in last.outputs.items()},
        nodes=tuple(node for scope in group for node in scope.leaves()),
        value=last.output,
        line=next(first.leaves()).span.line if first.span.source.shipped else first.span.line,
        level=level,
        copies=len(group),
        values=last.values,
        is_scope=True,
    )


def _shape(graph: Graph, value: int) -> Shape | None:
    return None if value == NOWHERE else graph.shape(value)


def _groups(
    children: tuple[Node | Scope, ...],
    full: bool,
    weigh: Sequence[int],
) -> Iterator[list]:  # type: ignore[type-arg]
    """Neighbours that are copies of one another, together."""
    group: list[Node | Scope] = []
    for child in children:
        if group and (full or not _alike(group[0], child, weigh)):
            yield group
            group = []
        group.append(child)
    if group:
        yield group


def _alike(a: Node | Scope, b: Node | Scope, weigh: Sequence[int]) -> bool:
    """Whether two scopes have the same layers, shapes and names inside; layers are never folded."""
    if isinstance(a, Scope) and isinstance(b, Scope):
        return a.name != b.name and a.type == b.type and _signature(a, weigh) == _signature(b, weigh)
    return False


def _signature(scope: Scope, weigh: Sequence[int]) -> list[tuple[object, ...]]:
    skip = len(scope.key)
    return [(n.key[skip:], n.layer, n.input_shapes, n.outputs, weigh[n.index] if weigh else 0) for n in scope.leaves()]
