"""Drawings under one another on one axis, joined by wires with shapes beside them; side branches to the right."""

from __future__ import annotations

from cnnspec.emit.diagram.drawing import GAP, TURN, Drawing, beside, crossed, reach
from cnnspec.emit.diagram.scene import Path, Thing, Wire
from cnnspec.emit.diagram.text import Text

TAPPED = 12.0  # by how much a gap grows in which a side branch begins
TAP = 26.0  # from where a side branch begins to its first box
AWAY = 24.0  # of a side branch from the chain


class Stack:
    """A chain that grows downwards."""

    def __init__(self) -> None:
        self.left = self.right = self.y = 0.0
        self.things: list[Thing] = []
        self.entries: tuple[Path, ...] = ()
        self.exits: tuple[Path, ...] = ()
        self.passes: tuple[Path, ...] = (((0.0, 0.0),),)
        self.out: Text = ()
        self.places = [(0.0, self.exits, self.passes)]

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
        """The whole. A side branch stands to the right of those that begin further down, as far as they are beside it."""
        placed: list[tuple[float, float, float]] = []
        right, bottom = self.right, self.y
        for at, tap in sorted(taps, key=lambda tap: -tap[0]):
            y, exits, passes = self.places[at]
            beside = [r for start, end, r in placed if start <= y + TAP + tap.height and end >= y]
            x = max([self.right, *beside]) + AWAY + tap.left
            tap = tap.moved(x, y + TAP)
            bend = ((0.0, y), (0.0, y + TURN), (x, y + TURN), (x, y + TAP))
            ends = tuple((*bend, *entry) for entry in tap.entries)
            self.things += [*tap.things, *map(Wire, crossed(exits, ends))]
            self.entries += crossed(passes, ends)
            placed.append((y, tap.height, tap.right))
            right, bottom = max(right, tap.right), max(bottom, tap.height)
        exits = self.exits if bottom == self.y else crossed(self.exits, (((0.0, bottom),),))
        return Drawing(self.left, right, bottom, tuple(self.things), self.entries, exits, self.passes, self.out)
