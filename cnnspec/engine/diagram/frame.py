"""A frame around a drawing.

    ┌───────────┐
    │layer1 │ ×3│
    │       ▢   │
    └───────────┘

Words stand in its upper corners, beside the line that comes in.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from cnnspec.engine.diagram.drawing import Drawing, lowered
from cnnspec.engine.diagram.scene import NORMAL, FrameShape, Words, straight

INSET, HEADING = 10.0, 20.0  # of what stands in a frame, from its sides and from its top
CORNER = 8.0  # of words in a corner
BASE = 15.0  # from the top down to the base of words


def group(inner: Drawing, title: str) -> Drawing:
    """A chain under its name."""
    words = Words(0, BASE, title, soft=True)
    left = max(inner.left + INSET, ceil(words.width) + 2 * CORNER)
    right = inner.right + INSET
    return _around(inner, FrameShape(-left, 0, left + right, 0, "group"), words.moved(CORNER - left, 0))


def repeat(inner: Drawing, times: str) -> Drawing:
    """Copies, drawn once."""
    words = Words(0, BASE, times, NORMAL, "end", bold=True)
    left = inner.left + INSET
    right = max(inner.right + INSET, ceil(words.width) + 2 * CORNER)
    return _around(inner, FrameShape(-left, 0, left + right, 0, "repeat"), words.moved(right - CORNER, 0))


def _around(inner: Drawing, frame: FrameShape, words: Words) -> Drawing:
    """What goes in and out is led through the frame."""
    body = inner.moved(0, HEADING)
    high = body.height + INSET
    top = (0.0, 0.0)
    return Drawing(
        -frame.x,
        frame.x + frame.width,
        high,
        (replace(frame, height=high), *body.things, words),
        tuple(straight((top, *path)) for path in body.entries),
        lowered(body.exits, high),
        lowered(tuple(straight((top, *path)) for path in body.passes), high),
        inner.out,
    )
