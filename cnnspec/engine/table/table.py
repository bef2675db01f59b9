"""Graph -> the summary table, for a terminal and a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnspec.engine.diagnostics import listing, markdown_text, printable
from cnnspec.engine.network import Graph
from cnnspec.engine.numbers import short, size
from cnnspec.engine.table.columns import COLUMNS, DEFAULT, Facts, about_memory, named_output
from cnnspec.engine.table.names import Names
from cnnspec.engine.table.rows import Row, rows

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["DEFAULT", "Look", "cells", "markdown", "rich_table", "rows_of", "totals"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is shown. ``dtype``: the type of numbers whose bytes are told; None: float32, where they are."""

    columns: tuple[str, ...] = DEFAULT
    full: bool = False  # every copy of repeated blocks
    depth: int | None = None  # how many levels of blocks are opened
    dtype: str | None = None
    names: Names | None = None  # what dimensions are called, in place of their sizes

    @property
    def shows_memory(self) -> bool:
        return self.dtype is not None or about_memory(self.columns)

    def facts(self, graph: Graph) -> Facts:
        return Facts(graph, self.dtype or "float32", self.names)


PLAIN = Look()


def rows_of(facts: Facts, look: Look) -> list[Row]:
    """The rows of a table; copies that training keeps unequal amounts for are not folded where it says so."""
    weigh: Sequence[int] = facts.memory.kept_at if "kept" in look.columns else ()
    return rows(facts.graph, look.full, look.depth, weigh)


def cells(facts: Facts, row: Row, columns: Sequence[str] = DEFAULT) -> tuple[str, ...]:
    """A row as text."""
    return tuple(_cell(facts, row, name) for name in columns)


def _cell(facts: Facts, row: Row, name: str) -> str:
    if name == "key" and row.level:
        return f"{'  ' * row.level}{row.key.split('.', row.level)[-1]}"
    if name == "layer" and row.copies > 1:
        return f"{row.type} ×{row.copies}"
    if name == "layer" and row.again:
        return f"{row.type} (shared)"
    if name == "output" and facts.names:
        return named_output(facts, row)
    return COLUMNS[name].text(COLUMNS[name].value(facts, row))


def totals(facts: Facts, look: Look = PLAIN) -> str:
    """The lines below the table."""
    graph = facts.graph
    flops = f"{short(graph.flops)} flops" if graph.macs else "no flops counted"
    arrives = graph.input_text if len(graph.inputs) > 1 else f"one {graph.input} input"
    gives = f"output{'s' if graph.outputs else ''} {graph.output_text}"
    lines = [f"{graph.params:,} params · {graph.macs:,} MACs ({flops}) for {arrives} · {gives}"]
    if graph.aux:
        heads = listing([printable(head.name) for head in graph.aux])
        lines.append(f"{graph.aux_params:,} of the params are those of {heads}: in training only, so without MACs")
    return "\n".join([*lines, *([memory_totals(facts)] if look.shows_memory else [])])


def memory_totals(facts: Facts) -> str:
    """What a network takes in all, for one image."""
    told = facts.memory
    at = "" if told.peak_at < 0 else f" at {printable(facts.graph.nodes[told.peak_at].key)}"
    weights = f"{size(told.weights)} weights" + (f" · {size(told.buffers)} buffers" if told.buffers else "")
    return f"{told.dtype}: {weights} · peak of inference {size(told.peak)}{at} · kept in training {size(told.kept)}"


def rich_table(facts: Facts, look: Look = PLAIN) -> Table:
    """The table for a terminal, without its title."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in look.columns:
        column = COLUMNS[name]
        justify = "left" if column.left else "right"
        table.add_column(column.heading, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for row in rows_of(facts, look):
        style = "bold" if row.is_scope else ""
        table.add_row(*(Text(printable(cell), style) for cell in cells(facts, row, look.columns)))
    return table


def markdown(facts: Facts, look: Look = PLAIN) -> str:
    """The table for a document."""
    columns = [COLUMNS[name] for name in look.columns]
    lines = [
        f"**{markdown_text(facts.graph.title)}**",
        "",
        f"| {' | '.join(column.heading for column in columns)} |",
        f"| {' | '.join('---' if column.left else '---:' for column in columns)} |",
    ]
    for row in rows_of(facts, look):
        found = [markdown_text(cell.strip()) for cell in cells(facts, row, look.columns)]
        if "key" in look.columns:
            place = look.columns.index("key")
            found[place] = f"{'&emsp;' * row.level}{found[place]}"
        lines.append(f"| {' | '.join(found)} |")
    return "\n".join([*lines, "", "  \n".join(map(markdown_text, totals(facts, look).split("\n"))), ""])
