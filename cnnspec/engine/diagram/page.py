"""Figure -> Scene: the title, the overview and the panels beside it, and what colours and signs mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice, takewhile
from math import ceil

from cnnspec.engine.diagram.drawing import Drawing
from cnnspec.engine.diagram.kinds import AUX, BLOCK, CLOSED, CONVOLUTION, END, LINEAR, NORM, OTHER, POOLING
from cnnspec.engine.diagram.metrics import cut
from cnnspec.engine.diagram.panel import Figure
from cnnspec.engine.diagram.plan import plan
from cnnspec.engine.diagram.scene import BIG, NORMAL, Card, FrameShape, Scene, Thing, Words
from cnnspec.engine.diagram.sheet import sheet
from cnnspec.engine.diagram.text import said
from cnnspec.engine.diagram.tree import Box, Element, Repeat, Series

# What the colours and signs of a page mean: those that are on it.

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
    if any(card.sheets for card in cards) or any(isinstance(one, FrameShape) and one.style == "repeat" for one in page):
        yield "", "×3: three in a row"


# A chain in words, for those who hear a page read.

MOST = 60  # boxes that are told


def spoken(series: Series) -> str:
    """``From input to output: 7×7 conv, 64, /2; 3×3 max pool, /2; …``"""
    boxes = list(islice(_boxes(series), MOST + 1))
    more = "; and so on" if len(boxes) > MOST else ""
    return f"From input to output: {'; '.join(boxes[:MOST])}{more}."


def _boxes(element: Element) -> Iterator[str]:
    """The boxes of an element by their labels, in order."""
    if isinstance(element, Repeat):
        yield f"{element.count} times {', '.join(_boxes(element.body))}"
    elif isinstance(element, Box):
        if element.kind not in (END, AUX):
            yield said(element.text)
    else:
        for inner in element.inside:
            yield from _boxes(inner)


EDGE = 28.0  # around the page
TITLE, TOTAL = 16.0, 40.0  # bases of the two lines above
HEAD = 70.0
LEAST = 520.0  # width of the legend
LONGEST = 80  # characters of the title


def scene(figure: Figure) -> Scene:
    """The page."""
    title = Words(EDGE, EDGE + TITLE, cut(figure.name, LONGEST), BIG, bold=True)
    total = Words(EDGE, EDGE + TOTAL, figure.total, NORMAL, soft=True)
    things: list[Thing] = [title, total]
    best = plan(figure.overview, [sheet(panel) for panel in figure.panels])
    for x, y, drawing in best.placed:
        things += drawing.moved(EDGE + x, HEAD + EDGE + y).things
    signs = legend(things, max(best.width, LEAST))
    signs = signs.moved(EDGE, HEAD + best.height + 2 * EDGE)
    wide = max(EDGE + best.width, signs.right, EDGE + title.width, EDGE + total.width)
    about = f"{figure.total}. {spoken(figure.overview)}"
    return Scene(ceil(wide + EDGE), ceil(signs.height + EDGE), figure.name, about, (*things, *signs.things))
