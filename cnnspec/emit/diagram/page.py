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
from cnnspec.emit.diagram.kinds import AUX, END, PORT
from cnnspec.emit.diagram.legend import legend
from cnnspec.emit.diagram.metrics import cut
from cnnspec.emit.diagram.panel import Figure
from cnnspec.emit.diagram.scene import BIG, NORMAL, Card, Frame, Scene, Thing, Words
from cnnspec.emit.diagram.sheet import sheet
from cnnspec.emit.diagram.text import said
from cnnspec.emit.diagram.tree import Box, Element, Repeat
from cnnspec.emit.diagram.valley import drawn, valley

EDGE = 28.0  # around the page
BETWEEN = 24.0  # of panels
ASIDE = 44.0  # of the panels from the overview
HEAD = 70.0
FOOT = 40.0
SHAPE = 1.35  # width to height
TOLERANCE = 0.2  # of its logarithm
MOST_STACKS = 8
LEAST = 520.0  # width of the legend


@dataclass(frozen=True)
class Overview:
    """The drawing, in how many columns it is, and the area of those."""

    drawing: Drawing
    columns: int
    area: float


@dataclass(frozen=True)
class Plan:
    """Drawings and the place of the upper left corner of each; ``used`` is the area that is not empty."""

    placed: tuple[tuple[float, float, Drawing], ...]
    width: float
    height: float
    used: float
    columns: int

    @property
    def badness(self) -> float:
        """How far its sides are from a page's, how empty it is, and how often the overview is wrapped."""
        shape = (self.width + 2 * EDGE) / (self.height + HEAD + FOOT)
        empty = 1 - self.used / (self.width * self.height)
        return max(0, abs(log(shape / SHAPE)) - TOLERANCE) + 1.2 * empty + 0.06 * self.columns


def scene(figure: Figure) -> Scene:
    """The page."""
    sheets = [sheet(panel) for panel in figure.panels]
    plan = min(_plans(figure, sheets), key=lambda plan: plan.badness)
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


def _overviews(figure: Figure) -> Iterator[Overview]:
    """The overview in one column and in more; as a U where it is one."""
    found = valley(figure.overview)
    if found is not None:
        whole = drawn(found)
        yield Overview(whole, 1, (whole.left + whole.right) * whole.height)
        return
    chain = Chain(figure.overview)
    for starts in chain.wrapped():
        whole, area = chain.drawn(starts)
        yield Overview(whole, len(starts), area)


def _plans(figure: Figure, sheets: Sequence[Drawing]) -> Iterator[Plan]:
    """Pages with the overview in one column and in more, and the panels in stacks of some number."""
    for overview in _overviews(figure):
        for stacks in range(1, min(len(sheets), MOST_STACKS) + 1):
            for fill in (_in_order, _on_the_lowest, _largest_first):
                yield _plan(overview, fill(sheets, stacks))
        if not sheets:
            yield _plan(overview, [])


def _in_order(sheets: Sequence[Drawing], count: int) -> list[list[Drawing]]:
    """Stacks one after the other, the highest as low as can be."""
    limits = sorted(
        {sum(one.height + BETWEEN for one in sheets[i:j]) for j in range(len(sheets) + 1) for i in range(j)}
    )
    for limit in limits:
        stacks: list[list[Drawing]] = [[]]
        for one in sheets:
            if stacks[-1] and sum(other.height + BETWEEN for other in (*stacks[-1], one)) > limit:
                stacks.append([])
            stacks[-1].append(one)
        if len(stacks) <= count and limit >= max(one.height + BETWEEN for one in sheets):
            return stacks
    return [list(sheets)]


def _on_the_lowest(sheets: Sequence[Drawing], count: int) -> list[list[Drawing]]:
    """Each on the stack that is the lowest so far."""
    stacks: list[list[Drawing]] = [[] for _ in range(count)]
    for one in sheets:
        min(stacks, key=lambda stack: sum(other.height + BETWEEN for other in stack)).append(one)
    return stacks


def _largest_first(sheets: Sequence[Drawing], count: int) -> list[list[Drawing]]:
    """Stacks as even as can be, each in order and by the first of each."""
    place = {id(one): i for i, one in enumerate(sheets)}
    stacks = _on_the_lowest(sorted(sheets, key=lambda one: -one.height), count)
    in_order = [sorted(stack, key=lambda one: place[id(one)]) for stack in stacks]
    return sorted(in_order, key=lambda stack: place[id(stack[0])])


def _plan(overview: Overview, stacks: Sequence[Sequence[Drawing]]) -> Plan:
    first = overview.drawing
    placed = [(first.left, 0.0, first)]
    right, high, used = first.left + first.right, first.height, overview.area
    for i, stack in enumerate(stacks):
        x, y = right + (BETWEEN if i else ASIDE), 0.0
        for one in stack:
            placed.append((x, y, one))
            y += one.height + BETWEEN
            used += one.right * one.height
        right, high = x + max(one.right for one in stack), max(high, y - BETWEEN)
    return Plan(tuple(placed), right, high, used, overview.columns)


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
        return [] if element.kind in (END, AUX, PORT) else [said(element.text)]
    return [text for inner in element.inside for text in spoken(inner)]
