"""A long chain in columns, as a newspaper has them: wrapped where it is least in the way.

▢   ┌─▢     What stands in a frame may be wrapped, too; its frame then goes on in the next column.
│   │ │
▢   │ ▢
└───┘
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from cnnspec.emit.diagram.drawing import GAP, Drawing, beside, crossed
from cnnspec.emit.diagram.place import HEADING, INSET, Placer, widest
from cnnspec.emit.diagram.scene import Path, Thing, Wire, Words, straight
from cnnspec.emit.diagram.tree import Element, Group, Series

GUTTER = 36.0  # between columns
WRAP = 30.0  # above a column that goes on, with room for a shape
BELOW = 12.0
WITHIN = 30.0  # what a break within a frame counts for
BESIDE = 120.0  # what a break above a side branch's neighbours counts for
MOST_COLUMNS = 6
MOST_TRIED = 80  # parts
MOST_HIGH = 1400.0
LEAST_HIGH = 400.0  # of a chain that is worth wrapping


@dataclass(frozen=True)
class Atom:
    """A part that is not wrapped, with the frames around it and the side branches behind it."""

    part: Element
    frames: tuple[Group, ...]
    taps: tuple[Series, ...]
    first: tuple[Series, ...] = ()  # side branches above it


def atoms(series: Series, frames: tuple[Group, ...] = ()) -> list[Atom]:
    """The parts of a chain, those in frames as well."""
    found: list[Atom] = []
    for i, part in enumerate(series.parts):
        if isinstance(part, Group) and not part.body.taps and not series.taps_at(i + 1):
            found += atoms(part.body, (*frames, part))
        else:
            first = tuple(series.taps_at(0)) if i == 0 else ()
            found.append(Atom(part, frames, tuple(series.taps_at(i + 1)), first))
    return found


def regrouped(run: Sequence[Atom], level: int = 0) -> Series:
    """A run of atoms as a chain, in its frames."""
    parts: list[Element] = []
    taps: list[tuple[int, Series]] = []
    for frame, group in groupby(run, key=lambda atom: atom.frames[level] if len(atom.frames) > level else None):
        if frame is not None:
            parts.append(Group(frame.key, regrouped(list(group), level + 1)))
            continue
        for atom in group:
            taps += [(len(parts), tap) for tap in atom.first]
            parts.append(atom.part)
            taps += [(len(parts), tap) for tap in atom.taps]
    return Series(tuple(parts), tuple(taps))


class Chain:
    """A chain to be wrapped."""

    def __init__(self, series: Series) -> None:
        self.atoms = atoms(series)
        self.placer = Placer(framed=True, width=widest(series))
        drawn = [self.placer.element(atom.part) for atom in self.atoms]
        self.ends = list(accumulate((one.height + GAP for one in drawn), initial=0.0))
        self.frames = list(accumulate(map(self._opened, range(len(drawn))), initial=0.0))
        self.costs = [self._cost(i) for i in range(len(drawn) + 1)]

    def _opened(self, i: int) -> float:
        """The height of the frames that begin at an atom."""
        before = self.atoms[i - 1].frames if i else ()
        return (HEADING + INSET) * sum(frame not in before for frame in self.atoms[i].frames)

    def _cost(self, i: int) -> float:
        """What a break above an atom counts for, as height: little between frames, much where it leaves one alone."""
        if i in (0, len(self.atoms)):
            return 0
        frames = [self.atoms[k].frames if 0 <= k < len(self.atoms) else () for k in range(i - 2, i + 2)]
        shared = [frame for frame in frames[1] if frame in frames[2]]
        beside = BESIDE if self.atoms[i - 1].taps else 0
        if not shared:
            return beside
        alone = shared[-1] not in frames[0] or shared[-1] not in frames[3]
        return beside + WITHIN * (3 if alone else 1)

    def _height(self, start: int, end: int) -> float:
        """About how high a column is."""
        again = (HEADING + INSET) * len(self.atoms[start].frames) - self._opened(start)
        return self.ends[end] - self.ends[start] + self.frames[end] - self.frames[start] + again

    def balanced(self, count: int) -> list[int]:
        """Where so many columns begin, the worst of them as good as can be."""
        total = len(self.atoms)
        best = {0: (0.0, [0])}
        for column in range(count):
            left = count - column - 1
            found: dict[int, tuple[float, list[int]]] = {}
            for start, (worst, starts) in best.items():
                for end in [total] if not left else range(start + 1, total - left + 1):
                    this = self._height(start, end) + self.costs[start] + self.costs[end]
                    if end not in found or max(worst, this) < found[end][0]:
                        found[end] = max(worst, this), [*starts, end]
            best = found
        return best[total][1][:-1]

    def filled(self, most: float) -> list[int]:
        """Where columns begin that are at most so high, as far as their parts are: for a chain too long to try all."""
        starts = [0]
        for i in range(1, len(self.atoms)):
            if self._height(starts[-1], i + 1) > most:
                starts.append(i)
        return starts

    def wrapped(self) -> Iterator[list[int]]:
        """The ways to wrap it that are worth a try."""
        if len(self.atoms) > MOST_TRIED:
            yield self.filled(MOST_HIGH)
            return
        low = self._height(0, len(self.atoms)) < LEAST_HIGH
        for count in range(1, 2 if low else min(MOST_COLUMNS, len(self.atoms)) + 1):
            yield self.balanced(count)

    def drawn(self, starts: Sequence[int]) -> tuple[Drawing, float]:
        """The columns side by side, joined by a wire from each to the next; and the area of all columns."""
        ends = [*starts[1:], len(self.atoms)]
        columns = [
            self.placer.series(regrouped(self.atoms[start:end])) for start, end in zip(starts, ends, strict=True)
        ]
        top = WRAP if len(columns) > 1 else 0.0
        things: list[Thing] = []
        edge = 0.0
        bottom = 0.0
        exits: tuple[Path, ...] = ()
        for i, column in enumerate(columns):
            x = edge + column.left
            here = column.moved(x, top if i else 0.0)
            if i:
                gutter = edge - GUTTER / 2
                entry = tuple(
                    straight(((gutter, low), (gutter, 6.0), (x, 6.0), (x, top)), path) for path in here.entries
                )
                things += [*map(Wire, crossed(exits, entry)), *beside(columns[i - 1].out, x, 23.0)]
            low = here.height + BELOW
            exits = tuple(straight(path, ((x, low),)) for path in here.exits)
            things += here.things
            edge, bottom = x + column.right + GUTTER, max(bottom, low if i < len(columns) - 1 else here.height)
        area = sum((column.left + column.right) * column.height for column in columns)
        return Drawing(0, edge - GUTTER, bottom, tuple(things)), area
