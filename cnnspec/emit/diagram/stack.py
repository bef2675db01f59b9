"""Drawings under one another on one axis, joined by wires with shapes beside them; side branches to the right."""

from __future__ import annotations

from dataclasses import dataclass

from cnnspec.emit.diagram.drawing import GAP, TURN, Drawing, beside, crossed, lowered, reach
from cnnspec.emit.diagram.scene import Path, Thing, Wire
from cnnspec.emit.diagram.text import Text

TAPPED = 16.0  # by how much a gap grows in which a side branch begins
TAP = 26.0  # from where a side branch begins to its first box
AWAY = 24.0  # of a side branch from the chain


@dataclass(frozen=True, slots=True)
class _Placed:
    """What a side branch takes."""

    top: float
    bottom: float
    right: float


class Stack:
    """A chain that grows downwards."""

    def __init__(self) -> None:
        self.left = self.right = self.y = 0.0
        self.things: list[Thing] = []
        self.entries: tuple[Path, ...] = ()
        self.exits: tuple[Path, ...] = ()
        self.passes: tuple[Path, ...] = (((0.0, 0.0),),)
        self.out: Text = ()
        self.places: list[tuple[float, tuple[Path, ...], tuple[Path, ...]]] = [(0.0, (), self.passes)]

    def add(self, part: Drawing, tapped: bool) -> None:
        """One part more. ``tapped``: a side branch begins above it."""
        top = self.y + (GAP if len(self.places) > 1 else 0) + (TAPPED if tapped else 0)
        label = beside(self.out, 0, top - GAP / 2 + 4)
        part = part.moved(0, top)
        self.things += [*part.things, *label, *map(Wire, crossed(self.exits, part.entries))]
        self.entries += crossed(self.passes, part.entries)
        self.exits = part.exits + crossed(self.exits, part.passes)
        self.passes = crossed(self.passes, part.passes)
        self.left, self.right = max(self.left, part.left), max(self.right, part.right, reach(label))
        self.y, self.out = part.height, part.out
        self.places.append((self.y, self.exits, self.passes))

    def drawing(self, taps: list[tuple[int, Drawing]]) -> Drawing:
        """The whole, with side branches: each to the right of those beside it that begin further down."""
        placed: list[_Placed] = []
        for at, tap in sorted(taps, key=lambda tap: -tap[0]):
            placed.append(self._tap(at, tap, placed))
        right = max([self.right, *(tap.right for tap in placed)])
        bottom = max([self.y, *(tap.bottom for tap in placed)])
        exits, passes = lowered(self.exits, bottom), lowered(self.passes, bottom)
        return Drawing(self.left, right, bottom, tuple(self.things), self.entries, exits, passes, self.out)

    def _tap(self, at: int, tap: Drawing, placed: list[_Placed]) -> _Placed:
        """A side branch in its place, with its wires."""
        y, exits, passes = self.places[at]
        beside = [one.right for one in placed if one.top <= y + TAP + tap.height and one.bottom >= y]
        x = max([self.right, *beside]) + AWAY + tap.left
        here = tap.moved(x, y + TAP)
        bend = ((0.0, y), (0.0, y + TURN), (x, y + TURN), (x, y + TAP))
        ends = tuple((*bend, *entry) for entry in here.entries)
        self.things += [*here.things, *map(Wire, crossed(exits, ends))]
        self.entries += crossed(passes, ends)
        return _Placed(y, here.height, here.right)
