"""Panel -> Drawing: a framed sheet with the block, and below it the table of what its letters are.

Bottleneck B
    │ a×h×h
   ...
layer*.*    a    h
1.1…2     256   56
"""

from __future__ import annotations

from math import ceil

from cnnspec.emit.diagram.drawing import Drawing
from cnnspec.emit.diagram.kinds import PORT
from cnnspec.emit.diagram.metrics import cut
from cnnspec.emit.diagram.panel import Panel, Table
from cnnspec.emit.diagram.place import Placer
from cnnspec.emit.diagram.scene import SMALL, Frame, Rule, Thing, Words
from cnnspec.emit.diagram.tree import Box, Series

PAD = 16.0
TITLE = 14.0
BODY = 36.0  # where the block begins below the upper edge
SPACE = 18.0  # above the table
ROW = 16.0
CELL = 12.0  # between columns
LEAST = 120.0
MOST_ROWS = 24


def sheet(panel: Panel) -> Drawing:
    """The sheet; its axis is its left edge."""
    body = Placer(framed=False).series(_with_ends(panel))
    title = Words(PAD, PAD + 10, cut(panel.title), TITLE, bold=True)
    rows, wide, high = _table(panel.table)
    inner = max(ceil(body.left + body.right), ceil(wide), ceil(title.width), LEAST)
    x = PAD + (inner - body.left - body.right) / 2 + body.left
    drawn = body.moved(round(x), BODY)
    bottom = drawn.height
    if rows:
        rows = [thing.moved(PAD + round((inner - wide) / 2), bottom + SPACE) for thing in rows]
        bottom += SPACE + high
    frame = Frame(0, 0, inner + 2 * PAD, bottom + PAD, "panel")
    return Drawing(0, frame.width, frame.height, (frame, title, *drawn.things, *rows))


def _with_ends(panel: Panel) -> Series:
    """The block between two dots; one that takes several values begins with their names."""
    start = [Box(PORT, (), panel.takes, ("", ""))] if panel.takes else []
    taps = tuple((at + len(start), tap) for at, tap in panel.body.taps)
    return Series((*start, *panel.body.parts, Box(PORT, (), (), ("", ""))), taps)


def _table(table: Table) -> tuple[list[Thing], float, float]:
    """The rows, and how wide and high they are."""
    if not table.rows:
        return [], 0, 0
    pattern, keys = _shortened([key for key, _ in table.rows])
    shown = [(key, cells) for key, (_, cells) in zip(keys, table.rows, strict=True)]
    lines = [(pattern, table.columns), *shown[:MOST_ROWS]]
    if len(shown) > MOST_ROWS:
        lines.append((f"and {len(shown) - MOST_ROWS} more", ("",) * len(table.columns)))
    things: list[Thing] = []
    ends = [max(ceil(Words(0, 0, cut(key, 30), SMALL, bold=not i).width) for i, (key, _) in enumerate(lines))]
    for c in range(len(table.columns)):
        widths = (ceil(Words(0, 0, cells[c], SMALL, bold=not i).width) for i, (_, cells) in enumerate(lines))
        ends.append(ends[-1] + CELL + max(widths))
    for i, (key, cells) in enumerate(lines):
        y = ROW * i + 11
        things.append(Words(0, y, cut(key, 30), SMALL, bold=not i, soft=not i))
        things += [
            Words(end, y, cell, SMALL, "end", bold=not i) for end, cell in zip(ends[1:], cells, strict=True) if cell
        ]
    things.append(Rule(0, ROW - 1, ends[-1]))
    return things, ends[-1], ROW * len(lines)


def _shortened(keys: list[str]) -> tuple[str, list[str]]:
    """What keys share said once, ``features.*.block``, and what is left of each."""
    split = [key.split(".") for key in keys]
    shortest = min(map(len, split)) - 1
    before = next((i for i in range(shortest) if len({parts[i] for parts in split}) > 1), max(shortest, 0))
    rest = shortest - before
    after = next((i for i in range(rest) if len({parts[-1 - i] for parts in split}) > 1), max(rest, 0))
    if not before and not after:
        return "", keys
    first = split[0]
    pattern = ".".join([*first[:before], "*", *first[len(first) - after :]])
    return pattern, [".".join(parts[before : len(parts) - after]) for parts in split]
