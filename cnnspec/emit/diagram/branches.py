"""Branches side by side, from one line into one join.

        │                an odd number of branches hangs on the middle one, an even one between the two in the middle;
    ┌───┼──┬──┐          shortcuts run on the right
    ▢   ▢  ▢  │
    └──▶⊕◀─┴──┘
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnspec.emit.diagram.drawing import TURN, Drawing, beside, crossed, reach
from cnnspec.emit.diagram.scene import Card, Path, Thing, Wire, straight
from cnnspec.emit.diagram.text import Text, said

APART = 22.0  # between branches
LANE = 16.0  # between shortcuts, and from the boxes
FORK = 28.0  # from where branches part to their first boxes
MERGE = 28.0  # from the last boxes to the join
NARROW = 18.0  # the same, where no shapes are told
FIRST_LANE = 44.0  # of two shortcuts with nothing between them


@dataclass(frozen=True, slots=True)
class Branch:
    """A drawing, and the x of its axis."""

    drawing: Drawing
    x: float


def side_by_side(drawn: list[Drawing], into: Drawing | None, quiet: Text) -> Drawing:
    """The branches, joined by ``into``. A shape that is ``quiet`` is not told again."""
    labels = [() if said(one.out) == said(quiet) else one.out for one in drawn]
    merge = MERGE if any(labels) else NARROW
    branches = _placed(drawn, labels)
    bottom = FORK + max(one.height for one in drawn)
    left = max(0.0, *(one.drawing.left - one.x for one in branches))
    right = max(0.0, *(one.x + one.drawing.right for one in branches))
    things: list[Thing] = []
    entries: list[Path] = []
    exits: list[Path] = []
    passes: list[Path] = []
    for branch, label in zip(branches, labels, strict=True):
        x = branch.x
        here = branch.drawing.moved(x, FORK)
        words = beside(label, x, here.height + 15)
        things += [*here.things, *words]
        right = max(right, reach(words))
        start = (((0.0, 0.0), (0.0, TURN), (x, TURN), (x, FORK)),)
        end = (((x, bottom),),)
        entries += crossed(start, here.entries)
        exits += crossed(here.exits, end)
        passes += crossed(crossed(start, here.passes), end)
    if into is None:
        return Drawing(left, right, bottom, tuple(things), tuple(entries), tuple(exits), tuple(passes))
    join = into.moved(0, bottom + merge)
    ends = [_into(path[-1][0], join, into) for path in (*exits, *passes)]
    joined = [straight(path, end) for path, end in zip((*exits, *passes), ends, strict=True)]
    things += [*join.things, *map(Wire, joined[: len(exits)])]
    entries += joined[len(exits) :]
    left, right = max(left, join.left), max(right, join.right)
    return Drawing(left, right, join.height, tuple(things), tuple(entries), join.exits, (), join.out)


def _placed(drawn: list[Drawing], labels: list[Text]) -> list[Branch]:
    """Where the branches stand: those with boxes from the left to the right, then the shortcuts."""
    axes: dict[int, float] = {}
    edge = 0.0
    boxed = [i for i, one in enumerate(drawn) if one.things]
    for i in boxed:
        axes[i] = edge + drawn[i].left
        edge = axes[i] + max(drawn[i].right, reach(beside(labels[i], 0, 0))) + APART
    half = len(boxed) // 2
    middle = 0.0
    if boxed:
        middle = axes[boxed[half]] if len(boxed) % 2 else (axes[boxed[half - 1]] + axes[boxed[half]]) / 2
    edge += LANE - APART if boxed else 0
    for i in (i for i in range(len(drawn)) if i not in axes):
        axes[i] = edge
        edge += LANE if edge else FIRST_LANE
    return [Branch(one, axes[i] - middle) for i, one in enumerate(drawn)]


def _into(x: float, join: Drawing, flat: Drawing) -> Path:
    """From above, or from the side into what is round."""
    top = join.height - flat.height
    first = flat.things[0]
    if x == 0:
        return ((0.0, top),)
    if isinstance(first, Card) and first.round and abs(x) > first.width / 2 + TURN:
        middle = top + flat.height / 2
        return ((x, middle), (first.width / 2 if x > 0 else -first.width / 2, middle))
    return ((x, top - NARROW + 4), (0.0, top - NARROW + 4), (0.0, top))
