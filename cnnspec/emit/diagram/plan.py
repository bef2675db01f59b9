"""Where the overview and the panels stand on a page.

How often the overview is wrapped and on how many stacks the panels lie is tried; the page wins whose sides are near to
those of a paper, and that is least empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from cnnspec.emit.diagram.columns import Chain
from cnnspec.emit.diagram.drawing import Drawing
from cnnspec.emit.diagram.tree import Series
from cnnspec.emit.diagram.valley import drawn, valley

BETWEEN = 24.0  # of panels
ASIDE = 44.0  # of the panels from the overview
AROUND = 56.0, 166.0  # what a page adds to the width and to the height
SHAPE = 1.35  # width to height
TOLERANCE = 0.2  # of its logarithm
EMPTINESS, WRAPPING = 1.2, 0.06  # what an empty page, and each column, count for
DISORDER = 0.06  # and each two panels that are read in another order than the blocks come up
MOST_STACKS = 8
FEW = 12  # panels, whose stacks in order are tried

Stacks = Sequence[Sequence[Drawing]]


@dataclass(frozen=True)
class Overview:
    """The drawing, in how many columns it is, and the area of those."""

    drawing: Drawing
    columns: int
    area: float


@dataclass(frozen=True)
class Plan:
    """Drawings and the place of the axis of each; ``used`` is the area that is not empty."""

    placed: tuple[tuple[float, float, Drawing], ...]
    width: float
    height: float
    used: float
    columns: int
    disorder: int = 0

    @property
    def badness(self) -> float:
        """How far its sides are from a page's, how empty it is, how often it is wrapped, and how out of order."""
        shape = (self.width + AROUND[0]) / (self.height + AROUND[1])
        empty = 1 - self.used / (self.width * self.height)
        sides = max(0, abs(log(shape / SHAPE)) - TOLERANCE)
        return sides + EMPTINESS * empty + WRAPPING * self.columns + DISORDER * self.disorder


def plan(overview: Series, sheets: Sequence[Drawing]) -> Plan:
    """The best page."""
    order = {id(one): number for number, one in enumerate(sheets)}
    pages = (_plan(one, stacks, order) for one in _overviews(overview) for stacks in _stacks(sheets))
    return min(pages, key=lambda plan: plan.badness)


def _overviews(series: Series) -> Iterator[Overview]:
    """The overview in one column and in more; as a U where it is one."""
    found = valley(series)
    if found is not None:
        whole = drawn(found)
        yield Overview(whole, 1, (whole.left + whole.right) * whole.height)
        return
    chain = Chain(series)
    for starts in chain.wrapped():
        whole, area = chain.drawn(starts)
        yield Overview(whole, len(starts), area)


def _stacks(sheets: Sequence[Drawing]) -> Iterator[Stacks]:
    """The panels on one stack, and on more."""
    if not sheets:
        yield []
    for count in range(1, min(len(sheets), MOST_STACKS) + 1):
        if len(sheets) <= FEW:
            yield _in_order(sheets, count)
        yield _on_the_lowest(sheets, count)
        yield _largest_first(sheets, count)


def _high(sheets: Sequence[Drawing]) -> float:
    return sum(one.height + BETWEEN for one in sheets) - BETWEEN


def _in_order(sheets: Sequence[Drawing], count: int) -> Stacks:
    """Stacks one after the other, the highest as low as can be."""
    if count == 1:
        return [sheets]
    ways = ([*_in_order(sheets[:end], count - 1), sheets[end:]] for end in range(count - 1, len(sheets)))
    return min(ways, key=lambda stacks: max(map(_high, stacks)))


def _on_the_lowest(sheets: Sequence[Drawing], count: int) -> Stacks:
    """Each on the stack that is the lowest so far."""
    stacks: list[list[Drawing]] = [[] for _ in range(count)]
    for one in sheets:
        min(stacks, key=_high).append(one)
    return stacks


def _largest_first(sheets: Sequence[Drawing], count: int) -> Stacks:
    """Stacks as even as can be, each in order and by the first of each."""
    place = {id(one): i for i, one in enumerate(sheets)}
    stacks = _on_the_lowest(sorted(sheets, key=lambda one: -one.height), count)
    in_order = [sorted(stack, key=lambda one: place[id(one)]) for stack in stacks]
    return sorted(in_order, key=lambda stack: place[id(stack[0])])


def _disorder(places: Sequence[tuple[float, float, int]]) -> int:
    """Pairs of panels out of order, read down the stacks or along the rows, whichever suits."""
    ways = (sorted(places), sorted(places, key=lambda place: (place[1], place[0])))
    return min(sum(a[2] > b[2] for i, a in enumerate(way) for b in way[i + 1 :]) for way in ways)


def _plan(overview: Overview, stacks: Stacks, order: Mapping[int, int]) -> Plan:
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
    disorder = _disorder([(x, y, order[id(one)]) for x, y, one in placed[1:]])
    return Plan(tuple(placed), right, high, used, overview.columns, disorder)
