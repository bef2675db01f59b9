"""What the colours and signs of a page mean: those that are on it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from cnnspec.emit.diagram.kinds import BLOCK, CLOSED, CONVOLUTION, LINEAR, NORM, OTHER, POOLING
from cnnspec.emit.diagram.scene import SMALL, Card, Thing, Words

ORDER = (CONVOLUTION, POOLING, LINEAR, NORM, OTHER, BLOCK, CLOSED)
SWATCH = 14.0
AFTER = 22.0
ROW = 22.0


def legend(kinds: set[str], notes: Sequence[str], widest: float) -> tuple[list[Thing], float, float]:
    """Swatches with their words, in rows that are at most so wide; how wide and high they are."""
    things: list[Thing] = []
    x = y = most = 0.0
    for kind, text in [*((kind, kind) for kind in ORDER if kind in kinds), *(("", note) for note in notes)]:
        words = Words(SWATCH + 7 if kind else 0, 11, text, SMALL, soft=not kind)
        step = ceil(words.x + words.width)
        if x and x + step > widest:
            x, y = 0.0, y + ROW
        if kind:
            things.append(Card(x, y, SWATCH, SWATCH, kind, ()))
        things.append(words.moved(x, y))
        most = max(most, x + step)
        x += step + AFTER
    return things, most, y + SWATCH
