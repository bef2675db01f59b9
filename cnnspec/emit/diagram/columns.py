"""A long chain in columns, as a newspaper has them: wrapped where it is least in the way.

    ▢   ┌─▢     What stands in a frame may be wrapped, too; its frame then goes on in the next column.
    │   │ │
    ▢   │ ▢
    └───┘
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from cnnspec.emit.diagram.drawing import GAP, Drawing, beside, crossed
from cnnspec.emit.diagram.place import HEADING, INSET, Placer, widest
from cnnspec.emit.diagram.scene import Path, Thing, Wire, Words, straight
from cnnspec.emit.diagram.tree import Element, Group, Series

GUTTER = 36.0  # between columns
WRAP = 30.0  # above a column that goes on, with room for a shape
BELOW = 12.0
WITHIN = 60.0  # what a break within a frame counts for


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
        heights = [self.placer.series(Series((atom.part,), tuple((1, tap) for tap in atom.taps))) for atom in self.atoms]
        self.heights = [one.height for one in heights]
        self.widths = [one.left + one.right for one in heights]

    def __len__(self) -> int:
        return len(self.atoms)

    def breaks(self, most: float) -> list[int]:
        """Where columns begin that are at most so high, as far as their parts are: each as full as it can be."""
        starts = [0]
        used = 0.0
        for i, high in enumerate(self.heights):
            more = high + GAP + self._frames(i)
            if i > starts[-1] and used + more > most:
                starts.append(self._better(starts[-1], i))
                used = sum(self.heights[k] + GAP + self._frames(k) for k in range(starts[-1], i))
            used += more
        return starts

    def _better(self, start: int, i: int) -> int:
        """One place earlier, where that spares a frame: its first part would stand alone above the break."""
        if i - 1 > start and self._frames(i - 1) and self.atoms[i].frames == self.atoms[i - 1].frames:
            return i - 1
        return i

    def _frames(self, i: int) -> float:
        """How much higher the frames make what begins at an atom."""
        before = self.atoms[i - 1].frames if i else ()
        new = [frame for frame in self.atoms[i].frames if frame not in before]
        return len(new) * (HEADING + INSET)

    def balanced(self, count: int) -> list[int]:
        """So many columns or fewer, the highest as low as can be."""
        low, high = max(self.heights), sum(self.heights) + len(self) * (GAP + 4 * (HEADING + INSET))
        while high - low > 4:
            middle = (low + high) // 2
            if len(self.breaks(middle)) <= count:
                high = middle
            else:
                low = middle
        return self.breaks(high)

    def drawn(self, starts: Sequence[int]) -> Drawing:
        """The columns side by side, joined by a wire from each to the next."""
        ends = [*starts[1:], len(self.atoms)]
        columns = [
            self.placer.series(regrouped(self.atoms[start:end])) for start, end in zip(starts, ends, strict=True)
        ]
        top = WRAP if len(columns) > 1 else 0.0
        things: list[Thing] = []
        edge = 0.0
        bottom = 0.0
        exits: tuple[Path, ...] = ()
        out: tuple[Words, ...] = ()
        for i, column in enumerate(columns):
            x = edge + column.left
            here = column.moved(x, top)
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
        return Drawing(0, edge - GUTTER, bottom, tuple(things))
