"""What the colours and signs of a page mean: those that are on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, takewhile
from math import ceil

from cnnspec.emit.diagram.drawing import Drawing
from cnnspec.emit.diagram.kinds import BLOCK, CLOSED, CONVOLUTION, LINEAR, NORM, OTHER, POOLING
from cnnspec.emit.diagram.scene import Card, Frame, Thing, Words

ORDER = (CONVOLUTION, POOLING, LINEAR, NORM, OTHER, BLOCK, CLOSED)
SWATCH = 14.0
ASIDE = 7.0  # of words from their swatch
BASE = 11.0
AFTER = 22.0
ROW = 22.0
NARROWER = 10  # by what even rows are looked for


def legend(page: Sequence[Thing], widest: float) -> Drawing:
    """Swatches with their words, in rows that are at most so wide, and of several as even as can be."""
    made = _rows(page, widest)
    narrower = (_rows(page, width) for width in range(round(widest), 0, -NARROWER))
    return list(takewhile(lambda one: one.height == made.height, chain([made], narrower)))[-1]


def _rows(page: Sequence[Thing], widest: float) -> Drawing:
    things: list[Thing] = []
    x = y = most = 0.0
    for kind, text in _entries(page):
        words = Words(SWATCH + ASIDE if kind else 0, BASE, text, soft=not kind)
        step = ceil(words.x + words.width)
        if x and x + step > widest:
            x, y = 0.0, y + ROW
        if kind:
            things.append(Card(x, y, SWATCH, SWATCH, kind, ()))
        things.append(words.moved(x, y))
        most = max(most, x + step)
        x += step + AFTER
    return Drawing(0, most, y + SWATCH, tuple(things))


def _entries(page: Sequence[Thing]) -> Iterator[tuple[str, str]]:
    """Kinds and their names, then signs."""
    cards = [thing for thing in page if isinstance(thing, Card)]
    kinds = {card.kind for card in cards}
    yield from ((kind, kind) for kind in ORDER if kind in kinds)
    if any(", /" in line.text for card in cards for line in card.lines):
        yield "", "/2: stride 2"
    if any(card.sheets for card in cards) or any(isinstance(one, Frame) and one.style == "repeat" for one in page):
        yield "", "×3: three in a row"
