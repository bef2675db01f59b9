"""A long chain in columns, as a newspaper has them: wrapped where it is least in the way.

    ▢   ┌─▢
    │   │ │
    ▢   │ ▢
    └───┘

What stands in a frame may be wrapped, too; its frame then goes on in the next column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from cnnspec.emit.diagram.atoms import atoms, regrouped
from cnnspec.emit.diagram.card import widest
from cnnspec.emit.diagram.drawing import GAP, Drawing, beside, crossed, lowered
from cnnspec.emit.diagram.frame import HEADING, INSET
from cnnspec.emit.diagram.place import Placer
from cnnspec.emit.diagram.scene import Path, Thing, Wire
from cnnspec.emit.diagram.tree import Series

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


class Chain:
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
