"""Parts in one column, in order of execution; every wire that skips a part runs in a lane on the right.

    ▢──┐
    │  │
    ▢  │
    │  │
    ▢◀─┘

Each value has one lane; lanes that are beside one another have places of their own. Shapes stand on the left.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.emit.diagram.drawing import ASIDE, Drawing
from cnnspec.emit.diagram.scene import Path, Thing, Wire, Words, straight
from cnnspec.emit.diagram.text import said
from cnnspec.emit.diagram.tree import Tangle

BETWEEN = 44.0  # of two parts
OUT, IN = 10.0, 14.0  # where lines leave and come back, below and above a part
LANE = 14.0


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
