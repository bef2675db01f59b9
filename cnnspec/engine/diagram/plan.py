"""Where the overview and the panels stand on a page.

How often the overview is wrapped and on how many stacks the panels lie is tried; the page wins whose sides are near to
those of a paper, and that is least empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from math import log

from cnnspec.engine.diagram.card import widest
from cnnspec.engine.diagram.drawing import GAP, Drawing, beside, crossed, lowered
from cnnspec.engine.diagram.frame import HEADING, INSET
from cnnspec.engine.diagram.place import Placer
from cnnspec.engine.diagram.scene import Path, Thing, Wire
from cnnspec.engine.diagram.tree import DrawnGroup, Element, Series
from cnnspec.engine.diagram.u_shape import drawn, valley

# A long chain in columns, as a newspaper has them: wrapped where it is least in the way.
#
#     ▢   ┌─▢
#     │   │ │
#     ▢   │ ▢
#     └───┘
#
# What stands in a frame may be wrapped, too; its frame then goes on in the next column.

# A chain taken apart where it may be wrapped, and put together again.
#
# Series ──atoms──► Atom …  ──regrouped──► a Series for each column


@dataclass(frozen=True, slots=True)
class Atom:
    """``taps`` begin below the part, ``first`` above it."""

    part: Element
    frames: tuple[DrawnGroup, ...]
    taps: tuple[Series, ...]
    first: tuple[Series, ...]

    def frame(self, level: int) -> DrawnGroup | None:
        return self.frames[level] if level < len(self.frames) else None


def atoms(series: Series, frames: tuple[DrawnGroup, ...] = ()) -> list[Atom]:
    """The parts of a chain, those in frames as well; a frame in which side branches begin is one of them."""
    found: list[Atom] = []
    for i, part in enumerate(series.parts):
        taps, first = tuple(series.taps_at(i + 1)), tuple(series.taps_at(0)) if not i else ()
        if isinstance(part, DrawnGroup) and not (part.body.taps or taps or first):
            found += atoms(part.body, (*frames, part))
        else:
            found.append(Atom(part, frames, taps, first))
    return found


def regrouped(run: Sequence[Atom], level: int = 0) -> Series:
    """A run of atoms as a chain, in its frames."""
    parts: list[Element] = []
    taps: list[tuple[int, Series]] = []
    for frame, group in groupby(run, key=lambda atom: atom.frame(level)):
        if frame is not None:
            parts.append(DrawnGroup(frame.key, regrouped(list(group), level + 1), frame.note))
            continue
        for atom in group:
            taps += [(len(parts), tap) for tap in atom.first]
            parts.append(atom.part)
            taps += [(len(parts), tap) for tap in atom.taps]
    return Series(tuple(parts), tuple(taps))


GUTTER = 36.0  # between columns
WRAP = 30.0  # above a column that goes on, with room for a shape
TOP, BASE = 6.0, 23.0  # where the line into it runs, and the base of the shape
BELOW = 12.0  # a column that goes on: where the line out of it runs
WITHIN = 30.0  # what a break within a frame counts for, as height
BESIDE = 120.0  # what a break counts for next to a side branch
MOST_COLUMNS = 6
MOST_TRIED = 80  # parts
MOST_HIGH = 1400.0
LEAST_HIGH = 400.0  # of a chain that is worth wrapping


class ChainPlan:
    """A chain to be wrapped. ``ends`` and ``frames`` are the heights of what stands above each place."""

    def __init__(self, series: Series) -> None:
        self.atoms = atoms(series)
        self.placer = Placer(framed=True, width=widest(series))
        heights = (self.placer.element(atom.part).height + GAP for atom in self.atoms)
        self.ends = list(accumulate(heights, initial=0.0))
        self.frames = list(accumulate(map(self._opened, range(len(self.atoms))), initial=0.0))
        self.costs = [self._cost(i) for i in range(len(self.atoms) + 1)]

    def _opened(self, i: int) -> float:
        """The height of the frames that begin at an atom."""
        before = self.atoms[i - 1].frames if i else ()
        return (HEADING + INSET) * sum(frame not in before for frame in self.atoms[i].frames)

    def _cost(self, i: int) -> float:
        """What a break above an atom counts for: little between frames, much where it leaves one alone in its frame."""
        if i in (0, len(self.atoms)):
            return 0
        two_above, above, below, two_below = (self._frames(k) for k in range(i - 2, i + 2))
        cost = BESIDE if self.atoms[i - 1].taps else 0
        shared = [frame for frame in above if frame in below]
        if not shared:
            return cost
        alone = shared[-1] not in two_above or shared[-1] not in two_below
        return cost + WITHIN * (3 if alone else 1)

    def _frames(self, i: int) -> Sequence[object]:
        return self.atoms[i].frames if 0 <= i < len(self.atoms) else ()

    def _height(self, start: int, end: int) -> float:
        """About how high a column is."""
        again = (HEADING + INSET) * len(self.atoms[start].frames) - self._opened(start)
        return self.ends[end] - self.ends[start] + self.frames[end] - self.frames[start] + again

    def wrapped(self) -> Iterator[list[int]]:
        """The ways to wrap it that are worth a try: where columns begin."""
        total = len(self.atoms)
        if total > MOST_TRIED:
            yield self._filled()
            return
        low = self._height(0, total) < LEAST_HIGH
        for count in range(1, 2 if low else min(MOST_COLUMNS, total) + 1):
            yield self._balanced(count)

    def _balanced(self, count: int) -> list[int]:
        """So many columns, the worst of them as good as can be."""
        total = len(self.atoms)
        best = {0: (0.0, [0])}
        for left in reversed(range(count)):
            found: dict[int, tuple[float, list[int]]] = {}
            for start, (worst, starts) in best.items():
                for end in range(start + 1, total - left + 1) if left else [total]:
                    this = max(worst, self._height(start, end) + self.costs[start] + self.costs[end])
                    if end not in found or this < found[end][0]:
                        found[end] = this, [*starts, end]
            best = found
        return best[total][1][:-1]

    def _filled(self) -> list[int]:
        """Columns as full as they can be, for a chain that is too long to try all."""
        starts = [0]
        for i in range(1, len(self.atoms)):
            if self._height(starts[-1], i + 1) > MOST_HIGH:
                starts.append(i)
        return starts

    def drawn(self, starts: Sequence[int]) -> tuple[Drawing, float]:
        """The columns side by side; and the area of all."""
        runs = pairwise([*starts, len(self.atoms)])
        columns = [self.placer.series(regrouped(self.atoms[start:end])) for start, end in runs]
        area = sum((column.left + column.right) * column.height for column in columns)
        return _side_by_side(columns), area


def _side_by_side(columns: Sequence[Drawing]) -> Drawing:
    """Columns with a wire from each to the next."""
    things: list[Thing] = []
    edge = bottom = low = 0.0
    exits: tuple[Path, ...] = ()
    for i, column in enumerate(columns):
        x = edge + column.left
        here = column.moved(x, WRAP if i else 0)
        if i:
            gutter = edge - GUTTER / 2
            way = ((gutter, low), (gutter, TOP), (x, TOP), (x, WRAP))
            things += map(Wire, crossed(exits, crossed((way,), here.entries)))
            things += beside(columns[i - 1].out, x, BASE)
        things += here.things
        low = here.height + BELOW
        exits = lowered(here.exits, low)
        edge, bottom = x + column.right + GUTTER, max(bottom, here.height, low if i < len(columns) - 1 else 0)
    return Drawing(0, edge - GUTTER, bottom, tuple(things))


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
class LayoutPlan:
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


def plan(overview: Series, sheets: Sequence[Drawing]) -> LayoutPlan:
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
    chain = ChainPlan(series)
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


def _plan(overview: Overview, stacks: Stacks, order: Mapping[int, int]) -> LayoutPlan:
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
    return LayoutPlan(tuple(placed), right, high, used, overview.columns, disorder)
