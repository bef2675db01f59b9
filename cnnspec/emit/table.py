"""Graph -> the summary table: a row per scope and layer, repeated siblings folded.

Rows of a folded scope show one copy; its heading shows how many there are and what they cost together, so that the
headings and rows of one level always add up to the line above them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnspec.diagnostics import printable
from cnnspec.layers import Shape
from cnnspec.network import Graph, Node, Scope

if TYPE_CHECKING:
    from rich.table import Table

HEADINGS = ("key", "layer", "output", "params", "MACs", "share")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``copies`` > 1: params and MACs are those of all copies together."""

    key: str
    type: str
    output: Shape
    params: int
    macs: int | None  # None: no part of it is counted
    level: int
    copies: int = 1
    is_scope: bool = False


def rows(graph: Graph, full: bool = False, depth: int | None = None) -> list[Row]:
    """The rows in order of execution. ``full`` shows every copy, ``depth`` how many levels of scopes are opened."""
    return list(_rows(graph, graph.root, 0, full, depth))


def _rows(graph: Graph, scope: Scope, level: int, full: bool, depth: int | None) -> Iterator[Row]:
    for group in _groups(scope.children, full):
        first = group[0]
        if isinstance(first, Node):
            yield Row(first.key, first.type, first.shape, first.params, first.macs, level)
            continue
        yield _heading(graph, group, level)
        if depth is None or level + 1 < depth:
            yield from _rows(graph, first, level + 1, full, depth)


def _heading(graph: Graph, group: list[Scope], level: int) -> Row:
    first, last = group[0], group[-1]
    leaves = [leaf for scope in group for leaf in scope.leaves()]
    params = sum({leaf.key: leaf.params for leaf in leaves}.values())
    counted = [leaf.macs for leaf in leaves if leaf.macs is not None]
    key = first.key if len(group) == 1 else f"{first.key} … {last.name}"
    macs = sum(counted) if counted else None
    return Row(key, first.type, _output(graph, last), params, macs, level, len(group), is_scope=True)


def _output(graph: Graph, scope: Scope) -> Shape:
    return graph.nodes[scope.output].shape if scope.output >= 0 else graph.input


def _groups(children: tuple[Node | Scope, ...], full: bool) -> Iterator[list]:  # type: ignore[type-arg]
    """Neighbours that are copies of one another, together."""
    group: list[Node | Scope] = []
    for child in children:
        if group and not (not full and _alike(group[0], child)):
            yield group
            group = []
        group.append(child)
    if group:
        yield group


def _alike(a: Node | Scope, b: Node | Scope) -> bool:
    """Whether two scopes have the same layers, shapes and names inside; layers are never folded."""
    if isinstance(a, Scope) and isinstance(b, Scope):
        return a.type == b.type and _signature(a) == _signature(b)
    return False


def _signature(scope: Scope) -> list[tuple[object, ...]]:
    skip = len(scope.key)
    return [(n.key[skip:], n.layer, n.input_shapes, n.shape) for n in scope.leaves()]


def number(value: int | None) -> str:
    """``1,234``; a dash where nothing is counted."""
    return "–" if value is None else f"{value:,}"


def short(value: int | None) -> str:
    """Three digits and a unit: ``1.82 G``."""
    if value is None:
        return "–"
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if value >= size:
            return f"{value / size:.3g} {unit}" if value / size < 999.5 else f"{value / size:.0f} {unit}"
    return str(value)


def share(macs: int | None, total: int) -> str:
    """Part of all MACs, in per cent."""
    return "–" if macs is None or not total else f"{macs / total:.1%}"


def cells(graph: Graph, row: Row) -> tuple[str, ...]:
    """A row as text, in the order of HEADINGS."""
    name = row.key if row.level == 0 else f"{'  ' * row.level}{row.key.split('.', row.level)[-1]}"
    type_ = f"{row.type} ×{row.copies}" if row.copies > 1 else row.type
    params = number(row.params) if row.params else "–"
    return (name, type_, str(row.output), params, short(row.macs), share(row.macs, graph.macs))


def totals(graph: Graph) -> str:
    """The line below the table."""
    flops = f"{short(graph.flops)} flops" if graph.macs else "no flops counted"
    return (
        f"{graph.params:,} params · {graph.macs:,} MACs ({flops}) for one {graph.input} input · output {graph.output}"
    )


def rich_table(graph: Graph, full: bool = False, depth: int | None = None) -> Table:
    """The table for a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=Text(printable(graph.name), "bold"), title_justify="left")
    for heading in HEADINGS:
        left = heading in ("key", "layer")
        table.add_column(heading, justify="left" if left else "right", no_wrap=heading != "key", overflow="ellipsis")
    for row in rows(graph, full, depth):
        style = "bold" if row.is_scope else ""
        table.add_row(*(Text(printable(cell), style) for cell in cells(graph, row)))
    return table


def markdown(graph: Graph, full: bool = False, depth: int | None = None) -> str:
    """The table for a document."""
    lines = [
        f"**{_escape(graph.name)}**",
        "",
        f"| {' | '.join(HEADINGS)} |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows(graph, full, depth):
        found = [_escape(cell.strip()) for cell in cells(graph, row)]
        found[0] = f"{'&emsp;' * row.level}{found[0]}"
        lines.append(f"| {' | '.join(found)} |")
    return "\n".join([*lines, "", totals(graph), ""])


def _escape(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def html(graph: Graph) -> str:
    """The table for a notebook."""
    from html import escape

    def cell(tag: str, column: int, text: str) -> str:
        align = "left" if column < 2 else "right"
        return f"<{tag} style='text-align:{align};white-space:pre'>{escape(printable(text))}</{tag}>"

    lines = ["".join(cell("th", i, heading) for i, heading in enumerate(HEADINGS))]
    lines += ["".join(cell("td", i, text) for i, text in enumerate(cells(graph, row))) for row in rows(graph)]
    title, total = escape(printable(graph.name)), escape(totals(graph))
    return f"<p><b>{title}</b></p><table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table><p>{total}</p>"
