"""Tables as commands print them: whole in a pipe, and on a terminal in the columns that fit.

A cell is never cut. Where a table is wider than the terminal, the least important columns are dropped, which the line
below the table says; what is still too wide stays whole. COLUMNS holds in a pipe as well, where it is set.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cnnspec.cli.output import console, say
from cnnspec.engine.diagnostics import listing

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MOST_WIDE = 10_000  # characters of a line


def table_width() -> int | None:
    """Return how many characters wide a table may be; None in a pipe without COLUMNS: lines stay whole."""
    if console().is_terminal:
        return console().width
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns[:9]) > 0 else None


def print_table(table: Table) -> None:
    """Print a table; its prose is wrapped at the width of the terminal, and nothing else is."""
    width = table_width()
    narrowest, widest = _measured(table)
    print_at(widest if width is None else max(width, narrowest), table)


def print_at(width: int, what: RenderableType) -> None:
    """Print what rich lays out in this many columns; in a pipe without the blanks that fill its lines."""
    terminal = console()
    before, terminal.width = terminal.width, width
    try:
        if terminal.is_terminal:
            terminal.print(what, soft_wrap=False)
            return
        with terminal.capture() as captured:
            terminal.print(what, soft_wrap=False)
        for line in captured.get().split("\n")[:-1]:
            say(line.rstrip())
    finally:
        terminal.width = before


def print_fitting(
    make: Callable[[Sequence[str]], Table], columns: Sequence[str], expendable: Sequence[str], hint: str = ""
) -> None:
    """Print the table that ``make`` gives of the columns that fit, and name those that do not.

    Args:
        make: Gives the table of some of the columns, which it finds by name.
        columns: All columns, in order.
        expendable: The columns that may be dropped, the least important first.
        hint: How to see what was dropped, besides in a wider terminal.
    """
    width, kept = table_width(), list(columns)
    for name in expendable:
        if width is None or width_of(make(kept)) <= width:
            break
        kept = [column for column in kept if column != name]
    print_table(make(kept))
    if dropped := [name for name in columns if name not in kept]:
        console().print(f"no room for {listing(dropped)} in {width} columns{hint and f'; {hint}'}")


def width_of(table: Table) -> int:
    """Return the width at which no cell of a table is wrapped."""
    return _measured(table)[1]


def _measured(table: Table) -> tuple[int, int]:
    """Return the least width at which no cell is cut, and the one at which none is wrapped."""
    from rich.measure import Measurement, measure_renderables

    terminal = console()
    options = terminal.options.update(max_width=MOST_WIDE)
    for column in table.columns:
        if column.no_wrap:
            column.min_width = measure_renderables(terminal, options, [column.header, *column.cells]).maximum
    return Measurement.get(terminal, options, table)
