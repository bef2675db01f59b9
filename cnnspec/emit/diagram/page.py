"""Figure -> Scene: the title, the overview in columns, the panels beside it, and what the colours mean.

How many columns there are and how high the panels are stacked is tried; the page whose sides are nearest to those of a
paper in landscape wins, unless it is mostly empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log

from cnnspec.emit.diagram.columns import Chain
from cnnspec.emit.diagram.drawing import Drawing
from cnnspec.emit.diagram.kinds import END, PORT
from cnnspec.emit.diagram.legend import legend
from cnnspec.emit.diagram.metrics import cut
from cnnspec.emit.diagram.panel import Figure
from cnnspec.emit.diagram.scene import BIG, NORMAL, Card, Frame, Scene, Thing, Words
from cnnspec.emit.diagram.sheet import sheet
from cnnspec.emit.diagram.text import said
from cnnspec.emit.diagram.tree import Box, Element, Repeat

EDGE = 28.0  # around the page
BETWEEN = 24.0  # of panels
ASIDE = 44.0  # of the panels from the overview
HEAD = 70.0
FOOT = 40.0
SHAPE = 1.45  # width to height
MOST_COLUMNS = 6
MOST_TRIED = 12  # panels
LEAST = 520.0  # width of the legend


@dataclass(frozen=True)
class Plan:
    """Drawings and the place of the upper left corner of each."""

    placed: tuple[tuple[float, float, Drawing], ...]
    width: float
    height: float
    columns: int

    @property
    def badness(self) -> float:
        used = sum((one.left + one.right) * one.height for _, _, one in self.placed)
        empty = 1 - used / (self.width * self.height)
        shape = (self.width + 2 * EDGE) / (self.height + HEAD + FOOT)
        return abs(log(shape / SHAPE)) + 0.9 * empty + 0.08 * self.columns


def scene(figure: Figure) -> Scene:
    """The page."""
    chain = Chain(figure.overview)
    sheets = [sheet(panel) for panel in figure.panels]
    plan = min(_plans(chain, sheets), key=lambda plan: plan.badness)
    head = [
        Words(EDGE, EDGE + 16, cut(figure.name, 80), BIG, bold=True),
        Words(EDGE, EDGE + 40, figure.total, NORMAL, soft=True),
    ]
    things: list[Thing] = [*head]
    for x, y, drawing in plan.placed:
        things += drawing.moved(EDGE + x, HEAD + EDGE + y).things
    bottom = HEAD + EDGE + plan.height + EDGE
    signs, signs_width, signs_height = legend(_kinds(things), _notes(things), max(plan.width, LEAST))
    things += [sign.moved(EDGE, bottom) for sign in signs]
    wide = max(plan.width, signs_width, *(one.width for one in head))
    return Scene(2 * EDGE + ceil(wide), ceil(bottom + signs_height + EDGE), figure.name, _about(figure), tuple(things))


def _plans(chain: Chain, sheets: Sequence[Drawing]) -> Iterator[Plan]:
    """Pages with the overview in one column and in more, and the panels in stacks of some height."""
    seen: list[list[int]] = []
    for count in range(1, MOST_COLUMNS + 1):
        starts = chain.balanced(count)
        if starts in seen:
            continue
        seen.append(starts)
        overview = chain.drawn(starts)
        for limit in _limits(sheets):
            yield _plan(overview, sheets, limit, len(starts))


def _limits(sheets: Sequence[Drawing]) -> list[float]:
    """Heights of stacks that are worth a try."""
    heights = [one.height for one in sheets[:MOST_TRIED]]
    sums = {sum(heights[i:j]) + BETWEEN * (j - i - 1) for i in range(len(heights)) for j in range(i + 1, len(heights) + 1)}
    return sorted(limit for limit in sums if limit >= max(heights)) or [0.0]


def _plan(overview: Drawing, sheets: Sequence[Drawing], limit: float, columns: int) -> Plan:
    placed = [(overview.left, 0.0, overview)]
    x = overview.left + overview.right
    y, wide, high = 0.0, 0.0, overview.height
    x += ASIDE
    for one in sheets:
        if y and y + one.height > limit:
            x, y, wide = x + wide + BETWEEN, 0.0, 0.0
        placed.append((x, y, one))
        y, wide, high = y + one.height + BETWEEN, max(wide, one.right), max(high, y + one.height)
    return Plan(tuple(placed), x + wide if sheets else x - ASIDE, high, columns)


def _kinds(things: Sequence[Thing]) -> set[str]:
    return {thing.kind for thing in things if isinstance(thing, Card)}


def _notes(things: Sequence[Thing]) -> list[str]:
    """What the signs mean that are on the page."""
    texts = [line.text for thing in things if isinstance(thing, Card) for line in thing.lines]
    notes = []
    if any(", /" in text for text in texts):
        notes.append("/2: stride 2")
    if any(isinstance(thing, Card) and thing.sheets for thing in things) or any(
        isinstance(thing, Frame) and thing.style == "repeat" for thing in things
    ):
        notes.append("×3: three in a row")
    return notes


def _about(figure: Figure) -> str:
    """The overview in words."""
    return f"{figure.total}. From input to output: {', then '.join(spoken(figure.overview))}."


def spoken(element: Element) -> list[str]:
    """The boxes of an element by their labels, in order."""
    if isinstance(element, Repeat):
        return [f"{said(element.times).removeprefix('×')} times ({', '.join(spoken(element.body))})"]
    if isinstance(element, Box):
        return [] if element.kind in (END, PORT) else [said(element.text)]
    return [text for inner in element.inside for text in spoken(inner)]
