"""Panel -> Drawing: a framed sheet with the block, and below it the table of what its letters are.

    ┌───────────────────┐
    │ Bottleneck B      │
    │       │ a×h×h     │
    │       ▢           │
    │ *.1…2     a    h  │
    │ layer1  256   56  │
    └───────────────────┘

One that takes a single value has a dot above and below.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import ceil

from cnnspec.engine.diagram.drawing import Drawing
from cnnspec.engine.diagram.keys import shared
from cnnspec.engine.diagram.kinds import PORT
from cnnspec.engine.diagram.metrics import cut, width
from cnnspec.engine.diagram.panel import Panel, PanelTable
from cnnspec.engine.diagram.place import Placer
from cnnspec.engine.diagram.scene import SMALL, FrameShape, RuleLine, Thing, Words
from cnnspec.engine.diagram.tree import Box, Series

# The table of a panel: what its letters are, in each place where the block stands.

ROW = 16.0
BASE = 11.0  # from the top of a row down to its base
CELL = 12.0  # between columns
MOST_ROWS = 24
MOST_LONG = 30  # characters of a key

Line = tuple[str, ...]


def table(table: PanelTable) -> Drawing:
    """A heading and rows; nothing where there are no letters."""
    if not table.rows:
        return Drawing(0, 0, 0)
    lines = _lines(table)
    ends = _ends(lines)
    things: list[Thing] = [RuleLine(0, ROW - 1, ends[-1])]
    for i, line in enumerate(lines):
        y = ROW * i + BASE
        things.append(Words(0, y, line[0], bold=not i, soft=not i))
        cells = zip(ends[1:], line[1:], strict=True)
        things += [Words(end, y, cell, anchor="end", bold=not i) for end, cell in cells]
    return Drawing(0, ends[-1], ROW * len(lines), tuple(things))


def _lines(table: PanelTable) -> list[Line]:
    """The key of each row first; what all keys share stands in the heading."""
    pattern, keys = shared([key for key, _ in table.rows])
    rows = [(cut(key, MOST_LONG), *cells) for key, (_, cells) in zip(keys, table.rows, strict=True)]
    more = len(rows) - MOST_ROWS
    last = [(f"and {more} more", *("" for _ in table.columns))] if more > 0 else []
    return [(cut(pattern, MOST_LONG), *table.columns), *rows[:MOST_ROWS], *last]


def _ends(lines: Sequence[Line]) -> list[float]:
    """Where each column ends."""
    columns = zip(*lines, strict=True)
    widths = [max(ceil(width(cell, SMALL, bold=not i)) for i, cell in enumerate(column)) for column in columns]
    return list(accumulate(widths, lambda end, wide: end + CELL + wide))


PAD = 16.0
TITLE = 14.0
BODY = 36.0  # where the block begins below the upper edge
SPACE = 18.0  # above the table
LEAST = 120.0


def sheet(panel: Panel) -> Drawing:
    """The sheet; its axis is its left edge."""
    body = Placer(framed=False).series(_with_ends(panel))
    title = Words(PAD, PAD + 10, cut(panel.title), TITLE, bold=True)
    rows = table(panel.table)
    wide = max(ceil(body.left + body.right), rows.right, ceil(title.width), LEAST)
    body = body.moved(round(PAD + (wide - body.left - body.right) / 2 + body.left), BODY)
    rows = rows.moved(PAD + round((wide - rows.right) / 2), body.height + (SPACE if rows.things else 0))
    frame = FrameShape(0, 0, wide + 2 * PAD, rows.height + PAD, "panel")
    return Drawing(0, frame.width, frame.height, (frame, title, *body.things, *rows.things))


def _with_ends(panel: Panel) -> Series:
    """The block between two dots; one that takes several values begins with their names."""
    start = [Box(PORT, (), panel.takes, ("", ""))] if panel.takes else []
    taps = tuple((at + len(start), tap) for at, tap in panel.body.taps)
    return Series((*start, *panel.body.parts, Box(PORT, (), (), ("", ""))), taps)
