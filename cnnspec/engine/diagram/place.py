"""Element -> Drawing: chains downwards, branches side by side, what stands in place in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cnnspec.engine.diagram import frame
from cnnspec.engine.diagram.branches import side_by_side
from cnnspec.engine.diagram.card import box, single, widest
from cnnspec.engine.diagram.drawing import ASIDE, GAP, IDENTITY, TURN, Drawing, beside, crossed, lowered, reach
from cnnspec.engine.diagram.keys import joined
from cnnspec.engine.diagram.metrics import cut
from cnnspec.engine.diagram.scene import Path, Thing, Wire, Words, straight
from cnnspec.engine.diagram.text import Text, said
from cnnspec.engine.diagram.tree import Box, DrawnGroup, Element, Parallel, Repeat, Series, Tangle
from cnnspec.engine.layers import REGISTRY

# Parts in one column, in order of execution; every wire that skips a part runs in a lane on the right.
#
#     ▢──┐
#     │  │
#     ▢  │
#     │  │
#     ▢◀─┘
#
# Each value has one lane; lanes that are beside one another have places of their own. Shapes stand on the left.

BETWEEN = 44.0  # of two parts
OUT, IN = 10.0, 14.0  # where lines leave and come back, below and above a part
LANE = 14.0
ELEMENTWISE = {layer.label for layer in REGISTRY.values() if layer.operator}  # what the boxes of such joins say


def column(tangle: Tangle, drawn: Sequence[Drawing]) -> Drawing:
    """The parts as they are drawn, wired."""
    return _Column(tangle, drawn).drawing()


class _Column:
    """Places: 0… are the parts, -1 is what reaches them, and the number of parts is what they give on."""

    def __init__(self, tangle: Tangle, drawn: Sequence[Drawing]) -> None:
        count = len(drawn)
        given = tangle.exits == (count - 1,)
        self.wires = sorted({*tangle.wires, *((exit, count) for exit in tangle.exits)})
        self.exits = tangle.exits
        self.tops = [BETWEEN if any(start == -1 and end for start, end in self.wires) else 0.0]
        for one in drawn:
            self.tops.append(self.tops[-1] + one.height + BETWEEN)
        if given:
            self.tops[-1] -= BETWEEN
        self.drawn = [one.moved(0, top) for one, top in zip(drawn, self.tops, strict=False)]
        labels = [self._label(one) for one in self.drawn[: count - 1 if given else count]]
        self.labels = [label for label in labels if label.text]
        self.left = max([one.left for one in drawn] + [-label.left for label in self.labels])
        self.edge = max(one.right for one in drawn)
        self.lanes = self._lanes()

    def drawing(self) -> Drawing:
        things: list[Thing] = [thing for one in self.drawn for thing in one.things]
        entries: list[Path] = []
        exits: list[Path] = []
        passes: list[Path] = []
        for start, end in self.wires:
            paths = [straight(a, self._way(start, end), b) for a in self._leaving(start) for b in self._reaching(end)]
            if start >= 0 and end < len(self.drawn):
                things += map(Wire, paths)
            else:
                (entries if start < 0 and end < len(self.drawn) else passes if start < 0 else exits).extend(paths)
        right = max([self.edge, *self.lanes.values()])
        bottom = self.tops[-1]
        out = self.drawn[self.exits[-1]].out if self.exits and self.exits[-1] >= 0 else ()
        ways = (tuple(entries), tuple(exits), tuple(passes))
        return Drawing(self.left, right, bottom, (*things, *self.labels), *ways, out)

    def _label(self, one: Drawing) -> Words:
        return Words(-ASIDE, one.height + BETWEEN / 2 + 4, said(one.out), anchor="end", soft=True)

    def _leaving(self, start: int) -> tuple[Path, ...]:
        return (((0.0, 0.0),),) if start < 0 else self.drawn[start].exits

    def _reaching(self, end: int) -> tuple[Path, ...]:
        return (((0.0, self.tops[-1]),),) if end == len(self.drawn) else self.drawn[end].entries

    def _way(self, start: int, end: int) -> Path:
        """Straight down to the next part; else out to the lane of the value, down it, and back."""
        if end == start + 1:
            return ()
        x = self.lanes[start]
        leave = (self.drawn[start].height if start >= 0 else 0.0) + OUT
        back = self.tops[end] - IN
        return ((0.0, leave), (x, leave), (x, back), (0.0, back))

    def _lanes(self) -> dict[int, float]:
        """Where the lane of each value runs: the short ones next to the boxes."""
        ends: dict[int, int] = {}
        for start, end in self.wires:
            if end > start + 1:
                ends[start] = max(end, ends.get(start, end))
        taken: list[list[tuple[int, int]]] = []
        lanes: dict[int, float] = {}
        for start, end in sorted(ends.items(), key=lambda ends: (ends[1] - ends[0], ends[0])):
            lane = next((i for i, held in enumerate(taken) if all(end <= a or b <= start for a, b in held)), len(taken))
            if lane == len(taken):
                taken.append([])
            taken[lane].append((start, end))
            lanes[start] = self.edge + LANE * (lane + 1)
        return lanes


# Drawings under one another on one axis, joined by wires with shapes beside them; side branches to the right.

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


Known = dict[tuple[Element, float, bool], Drawing]


@dataclass(frozen=True)
class Placer:
    """``framed``: whether groups have frames. ``width`` is that of all boxes of a chain.

    ``known`` keeps what is drawn, for pages that are tried with the same elements in other columns.
    """

    framed: bool
    width: float = 0
    known: Known = field(default_factory=dict, repr=False)

    def series(self, series: Series) -> Drawing:
        """Parts under one another, all boxes of one width."""
        if not series.parts:
            return IDENTITY
        placer = replace(self, width=max(self.width, widest(series)))
        stack = Stack()
        for i, part in enumerate(series.parts):
            stack.add(placer.element(part), tapped=bool(series.taps_at(i)))
        return stack.drawing([(at, self.alone().series(tap)) for at, tap in series.taps])

    def alone(self) -> Placer:
        """For what stands beside others: without frames, as narrow as it can be."""
        return replace(self, framed=False, width=0)

    def element(self, element: Element) -> Drawing:
        key = (element, self.width, self.framed)
        if key not in self.known:
            self.known[key] = self._drawn(element)
        return self.known[key]

    def _drawn(self, element: Element) -> Drawing:
        match element:
            case Box():
                return box(element, self.width)
            case Series():
                return self.series(element)
            case DrawnGroup():
                return self._group(element)
            case Repeat():
                return self._repeat(element)
            case Parallel():
                return self._parallel(element)
            case Tangle():
                return column(element, [self.alone().element(part) for part in element.parts])
        raise AssertionError(f"{type(element).__name__} is not drawn")

    def _group(self, group: DrawnGroup) -> Drawing:
        inner = self.series(group.body)
        title = group.note or (joined(group.key) if self.framed else "")
        return frame.group(inner, cut(title)) if title else inner

    def _repeat(self, repeat: Repeat) -> Drawing:
        """A single box with sheets behind it; else a frame."""
        times, one = said(repeat.times), single(repeat)
        drawing = box(one, self.width, times) if one else frame.repeat(self.series(repeat.body), times)
        return replace(drawing, out=repeat.gives)

    def _parallel(self, parallel: Parallel) -> Drawing:
        drawn = [self.alone().series(branch) for branch in parallel.branches]
        into = None if parallel.into is None else self.element(parallel.into)
        return side_by_side(drawn, into, _quiet(parallel.into))


def _quiet(into: Element | None) -> Text:
    """The shape that goes without saying in the branches of a join of equal shapes: its own."""
    equal = isinstance(into, Box) and said(into.text) in ELEMENTWISE
    return into.out if into and equal else ()
