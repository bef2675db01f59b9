"""Nested skips from a path that goes down into one that comes up: a U-Net, drawn as a U.

    ▢              ▢
    ▢──────▢──────▶⊕
    ▢              ▢
    ▢─────────────▶⊕
    └──────▢───────┘

A Level is what comes before a skip, what is on it, its join, and what follows the join on the way up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from cnnspec.engine.diagram.card import ROUND, single, widest
from cnnspec.engine.diagram.drawing import ASIDE, GAP, Drawing, beside, reach
from cnnspec.engine.diagram.kinds import JOIN
from cnnspec.engine.diagram.place import Placer
from cnnspec.engine.diagram.scene import SHEET, Card, Path, Thing, Wire, Words
from cnnspec.engine.diagram.text import Text, said
from cnnspec.engine.diagram.tree import Box, DrawnGroup, Element, Parallel, Repeat, Series

DEEP = 2  # levels that make a valley
ABOVE = 18.0  # a skip below its box
UNDER = 24.0  # the next box below a skip
MIDDLE = 150.0  # between the two paths, at least


@dataclass(frozen=True)
class Level:
    before: tuple[Element, ...]
    skip: Element | None
    join: Box
    after: tuple[Element, ...]


@dataclass(frozen=True)
class Valley:
    """Levels from the top, and the parts at the bottom."""

    levels: tuple[Level, ...]
    bottom: tuple[Element, ...]


def valley(series: Series) -> Valley | None:
    """A chain as a valley; None where it is none."""
    levels: list[Level] = []
    inner: Series | None = series
    while inner is not None:
        parts = _parts(inner)
        if parts is None:
            return None
        places = [i for i, part in enumerate(parts) if isinstance(part, Parallel)]
        if not places:
            return Valley(tuple(levels), tuple(parts)) if len(levels) >= DEEP and parts else None
        at = places[0]
        found = _skipped(parts[at]) if len(places) == 1 else None
        if found is None:
            return None
        skip, inner, join = found
        levels.append(Level(tuple(parts[:at]), skip, join, tuple(parts[at + 1 :])))
    return None


def _parts(series: Series) -> list[Element] | None:
    """The parts, groups opened; None where one is neither a box nor branches, or side branches begin."""
    parts: list[Element] = []
    for part in series.parts:
        inner = _parts(part.body) if isinstance(part, DrawnGroup) else [part]
        if inner is None:
            return None
        parts += inner
    plain = all(isinstance(part, Box | Parallel) or (isinstance(part, Repeat) and single(part)) for part in parts)
    return parts if plain and not series.taps else None


def _skipped(part: Element) -> tuple[Element | None, Series, Box] | None:
    """What is on the skip, the way around it, and the join, of two branches the shorter of which is at most a box."""
    assert isinstance(part, Parallel)
    if len(part.branches) != 2 or not isinstance(part.into, Box) or part.into.kind != JOIN:
        return None
    short, long = sorted(part.branches, key=lambda branch: len(branch.parts))
    if len(short.parts) > 1 or short.taps or not all(isinstance(one, Box) for one in short.parts):
        return None
    return (short.parts[0] if short.parts else None), long, part.into


def drawn(valley: Valley) -> Drawing:
    """The U; its axis is that of the path that goes down."""
    return _Plan(valley).drawing()


class _Plan:
    """``last``: the end of the path so far, the lower one and then the upper one; ``out``: what leaves there."""

    def __init__(self, valley: Valley) -> None:
        self.levels, self.bottom = valley.levels, valley.bottom
        paths = [*self.bottom, *(part for level in self.levels for part in (*level.before, *level.after))]
        self.placer = Placer(framed=False, width=widest(Series(tuple(paths))))
        self.half = self.placer.width / 2
        self.x = 2 * self.half + max([MIDDLE, *map(self._room, self.levels)])
        self.lines = list(accumulate(map(self._depth, range(len(self.levels)))))
        self.things: list[Thing] = []
        self.last = 0.0
        self.out: Text = ()
        self.edge = self.x + self.half

    def drawing(self) -> Drawing:
        joins = []
        for i, (level, line) in enumerate(zip(self.levels, self.lines, strict=True)):
            self._down(level.before, self.lines[i - 1] + UNDER if i else line - ABOVE - self._height(level.before))
            joins.append(self._across(level, line))
        self._down(self.bottom[:-1], self.lines[-1] + UNDER)
        floor = self._turn(joins[-1])
        for level, join in zip(reversed(self.levels), reversed(joins), strict=True):
            self._rise(join)
            for part in level.after:
                drawn = self.placer.element(part)
                self._rise(drawn.moved(self.x, self.last - GAP - drawn.height))
        return Drawing(self.half, self.edge, floor, tuple(self.things))

    def _room(self, level: Level) -> float:
        """What a skip needs between the paths, for its box and for two shapes."""
        shapes = [Words(0, 0, said(part.out)).width for part in (*level.before[-1:], level.skip) if part]
        box = 2 * self._skip(level.skip).right if level.skip else 0
        return 2 * ceil((2 * max(shapes, default=0) + 8 * ASIDE + box) / 2)

    def _skip(self, part: Element) -> Drawing:
        return self.placer.alone().element(part)

    def _depth(self, i: int) -> float:
        """How far a skip is below the one above it."""
        before, after = (self._height(parts) for parts in (self.levels[i].before, self.levels[i].after))
        if not i:
            return max(before + ABOVE, ROUND / 2 + GAP + after)
        return max(UNDER + before + ABOVE, ROUND + 2 * GAP + after)

    def _height(self, parts: Sequence[Element]) -> float:
        return sum(self.placer.element(part).height + GAP for part in parts) - (GAP if parts else 0)

    def _down(self, parts: Sequence[Element], top: float) -> None:
        for i, part in enumerate(parts):
            if i:
                top = self.last + GAP
                self.things += beside(self.out, 0, top - GAP / 2 + 4)
            drawn = self.placer.element(part).moved(0, top)
            if self.out:
                self.things.append(Wire(((0.0, self.last), (0.0, top))))
            self.things += drawn.things
            self.last, self.out = drawn.height, drawn.out

    def _across(self, level: Level, line: float) -> Drawing:
        """The skip, and its join on the other side."""
        flat = self.placer.element(level.join)
        join = flat.moved(self.x, line - flat.height / 2)
        way: Path = ((0.0, self.last), (0.0, line))
        self.things += beside(self.out, 0, line - 5)
        if level.skip:
            skip = self._skip(level.skip)
            half = skip.right
            skip = skip.moved(self.x / 2, line - skip.height / 2)
            self.things += [*skip.things, Wire((*way, (self.x / 2 - half, line)))]
            self.things += beside(skip.out, self.x / 2 + half, line - 5)
            way = ((self.x / 2 + half, line),)
        self.things.append(Wire((*way, (self.x - flat.right, line))))
        return join

    def _turn(self, join: Drawing) -> float:
        """The last part of the bottom, from where the path goes up; how low the line to it lies."""
        drawn = self.placer.element(self.bottom[-1])
        drawn = drawn.moved(self.x, join.height + GAP)
        floor = max(self.last, drawn.height) + UNDER
        way: Path = ((0.0, self.last), (0.0, floor), (self.x, floor), (self.x, drawn.height))
        self.things += [*drawn.things, Wire(way), *beside(self.out, 0, floor - 5)]
        self.last, self.out = join.height + GAP, drawn.out
        return floor

    def _rise(self, drawn: Drawing) -> None:
        """One part more on the path up, where it stands."""
        (box,) = drawn.things
        assert isinstance(box, Card)
        label = beside(self.out, self.x, self.last - GAP / 2 + 4)
        self.things += [box, *label, Wire(((self.x, self.last), (self.x, drawn.height)))]
        self.edge = max(self.edge, reach(label))
        self.last, self.out = box.y - SHEET * box.sheets, drawn.out
