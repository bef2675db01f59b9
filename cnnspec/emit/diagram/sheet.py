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

from math import ceil

from cnnspec.emit.diagram.drawing import Drawing
from cnnspec.emit.diagram.kinds import PORT
from cnnspec.emit.diagram.letters import table
from cnnspec.emit.diagram.metrics import cut
from cnnspec.emit.diagram.panel import Panel
from cnnspec.emit.diagram.place import Placer
from cnnspec.emit.diagram.scene import Frame, Words
from cnnspec.emit.diagram.tree import Box, Series

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
    frame = Frame(0, 0, wide + 2 * PAD, rows.height + PAD, "panel")
    return Drawing(0, frame.width, frame.height, (frame, title, *body.things, *rows.things))


def _with_ends(panel: Panel) -> Series:
    """The block between two dots; one that takes several values begins with their names."""
    start = [Box(PORT, (), panel.takes, ("", ""))] if panel.takes else []
    taps = tuple((at + len(start), tap) for at, tap in panel.body.taps)
    return Series((*start, *panel.body.parts, Box(PORT, (), (), ("", ""))), taps)
