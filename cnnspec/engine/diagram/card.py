"""Box -> Card: how its lines are set, and how large it is.

    BN · ReLU          above, small
    3×3 conv, 64       the layer itself
    ReLU · dropout     below, small

Joins, inputs and outputs are round.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from cnnspec.engine.diagram.drawing import Drawing
from cnnspec.engine.diagram.keys import joined
from cnnspec.engine.diagram.kinds import AUX, END, JOIN, PORT
from cnnspec.engine.diagram.metrics import cut, width
from cnnspec.engine.diagram.scene import NORMAL, SHEET, SMALL, Card, DotShape, Words
from cnnspec.engine.diagram.text import said
from cnnspec.engine.diagram.tree import Box, DrawnGroup, Element, Repeat, Series

MARGIN = 12  # of text in a box, on both sides
LINE, LITTLE = 18.0, 14.0  # heights of lines
PADDING = 12.0  # above and below them, together
NARROWEST = 64
ROUND = 20.0  # height of joins
PILL = 24.0  # height of inputs and outputs
PLAIN = 12.0  # size of text in them
MIDDLE = 0.36  # from the middle of a line down to its base, in parts of its size
ROUNDED = (JOIN, END, AUX)


def box(box: Box, least: float = 0, times: str = "") -> Drawing:
    """A layer, a join, an end; with ``times``, one of several copies."""
    if box.kind == PORT:
        return Drawing(3, 3, 6, (DotShape(0, 3, 3),), (((0, 0),),), (((0, 6),),), out=box.gives)
    card = _pill(box) if box.kind in ROUNDED else _card(box, least, times)
    half, bottom = card.width / 2, card.y + card.height
    return Drawing(half, half, bottom, (card,), (((0, 0),),), (((0, bottom),),), out=box.gives)


def widest(series: Series) -> float:
    """The width of the widest box on the axis of a chain."""
    return max(map(_width_of, series.parts), default=0)


def single(repeat: Repeat) -> Box | None:
    """The one box that is repeated, where it is but one."""
    first, *others = repeat.body.parts
    return first if isinstance(first, Box) and not others and not repeat.body.taps else None


def _width_of(part: Element) -> float:
    if isinstance(part, Repeat):
        one = single(part)
        return _width(one, said(part.times)) if one else widest(part.body)
    if isinstance(part, DrawnGroup):
        return widest(part.body)
    return _width(part) if isinstance(part, Box) and part.kind not in (*ROUNDED, PORT) else 0


def _lines(box: Box, size: float) -> list[tuple[str, float]]:
    """The lines of a box, each with its size."""
    texts = ((box.above, SMALL), (box.text, size), (box.below, SMALL))
    return [(cut(said(text)), size) for text, size in texts if text]


def _width(box: Box, times: str = "") -> float:
    """An even number of pixels, so that its middle is one."""
    needed = max(width(text, size) for text, size in _lines(box, NORMAL))
    beside = width(times, NORMAL, bold=True) + MARGIN / 2 if times else 0
    return max(NARROWEST, 2 * ceil((needed + 2 * beside) / 2 + MARGIN))


def _card(box: Box, least: float, times: str) -> Card:
    lines = _lines(box, NORMAL)
    wide = max(least, _width(box, times))
    high = PADDING + sum(map(_height, lines))
    top = SHEET if times else 0.0
    words = _set(lines, top + PADDING / 2)
    if times:
        at = top + high / 2 + NORMAL * MIDDLE
        words.append(Words(wide / 2 - MARGIN / 2, at, times, NORMAL, "end", bold=True))
    return Card(-wide / 2, top, wide, high, box.kind, tuple(words), joined(box.key), sheets=1 if times else 0)


def _pill(box: Box) -> Card:
    """A circle where one sign stands in it."""
    lines = _lines(box, NORMAL if box.kind == JOIN else PLAIN)
    high = ROUND if box.kind == JOIN else PILL + LITTLE * (len(lines) - 1)
    words = _set(lines, (high - sum(map(_height, lines))) / 2)
    circle = box.kind == JOIN and len(lines[0][0]) == 1
    wide = high if circle else 2 * ceil(max(width(text, size) for text, size in lines) / 2 + MARGIN)
    return Card(-wide / 2, 0, wide, high, box.kind, tuple(words), joined(box.key), round=True)


def _height(line: tuple[str, float]) -> float:
    return LITTLE if line[1] == SMALL else LINE


def _set(lines: Sequence[tuple[str, float]], top: float) -> list[Words]:
    """Lines under one another, each in the middle."""
    words = []
    for text, size in lines:
        high = _height((text, size))
        words.append(Words(0, top + high / 2 + size * MIDDLE, text, size, "middle"))
        top += high
    return words
