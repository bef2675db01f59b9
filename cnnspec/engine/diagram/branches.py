"""Branches side by side, from one line into one join.

        │
    ┌───┼──┬──┐
    ▢   ▢  ▢  │
    └──▶⊕◀─┴──┘

An odd number of branches hangs on the middle one, an even number between the two in the middle; shortcuts run on the
right.
"""

from __future__ import annotations

from cnnspec.engine.diagram.drawing import TURN, Drawing, beside, crossed, lowered, reach
from cnnspec.engine.diagram.scene import Card, Path, Thing, Wire, straight
from cnnspec.engine.diagram.text import Text, said

APART = 22.0  # between branches
LANE = 16.0  # between shortcuts, and from the boxes
FORK = 28.0  # from where branches part to their first boxes
MERGE = 28.0  # from the last boxes to the join
NARROW = 18.0  # the same, where no shapes are told
OVER = 14.0  # above a box into which branches come from above
FIRST_LANE = 44.0  # of two shortcuts with nothing between them
LABEL = 15.0  # from a box down to the shape that leaves it


def side_by_side(drawn: list[Drawing], into: Drawing | None, quiet: Text) -> Drawing:
    """The branches, joined by ``into``. A shape that is ``quiet`` is not told again."""
    labels = [() if said(one.out) == said(quiet) else one.out for one in drawn]
    spread = _spread(drawn, labels)
    if into is None:
        return spread
    over = 0 if _round(into) else OVER
    return _joined(spread, into, (MERGE if any(labels) else NARROW) + over)


def _spread(drawn: list[Drawing], labels: list[Text]) -> Drawing:
    """The branches, still to be joined: their exits and passes end at one height."""
    bottom = FORK + max(one.height for one in drawn)
    left = right = 0.0
    things: list[Thing] = []
    entries: list[Path] = []
    exits: list[Path] = []
    passes: list[Path] = []
    for one, label, x in zip(drawn, labels, _axes(drawn, labels), strict=True):
        here = one.moved(x, FORK)
        words = beside(label, x, here.height + LABEL)
        things += [*here.things, *words]
        left, right = max(left, here.left), max(right, here.right, reach(words))
        start = (((0.0, 0.0), (0.0, TURN), (x, TURN), (x, FORK)),)
        entries += crossed(start, here.entries)
        exits += lowered(here.exits, bottom)
        passes += lowered(crossed(start, here.passes), bottom)
    return Drawing(left, right, bottom, tuple(things), tuple(entries), tuple(exits), tuple(passes))


def _joined(spread: Drawing, into: Drawing, merge: float) -> Drawing:
    """The branches with their join so far below them."""
    join = into.moved(0, spread.height + merge)
    wires = [Wire(straight(path, _way(path[-1][0], join, into))) for path in spread.exits]
    shortcuts = tuple(straight(path, _way(path[-1][0], join, into)) for path in spread.passes)
    return Drawing(
        max(spread.left, join.left),
        max(spread.right, join.right),
        join.height,
        (*spread.things, *join.things, *wires),
        spread.entries + shortcuts,
        join.exits,
        (),
        join.out,
    )


def _axes(drawn: list[Drawing], labels: list[Text]) -> list[float]:
    """Where the branches stand: those with boxes from the left to the right, then the shortcuts."""
    axes: dict[int, float] = {}
    edge = 0.0
    boxed = [i for i, one in enumerate(drawn) if one.things]
    for i in boxed:
        axes[i] = edge + drawn[i].left
        edge = axes[i] + max(drawn[i].right, reach(beside(labels[i], 0, 0))) + APART
    middle = _middle([axes[i] for i in boxed])
    edge += LANE - APART if boxed else 0
    for i in range(len(drawn)):
        if i not in axes:
            axes[i] = edge
            edge += LANE if edge else FIRST_LANE
    return [axes[i] - middle for i in range(len(drawn))]


def _middle(axes: list[float]) -> float:
    half = len(axes) // 2
    if not axes:
        return 0
    return axes[half] if len(axes) % 2 else (axes[half - 1] + axes[half]) / 2


def _way(x: float, join: Drawing, flat: Drawing) -> Path:
    """The end of a wire: from above, or from the side into what is round."""
    top = join.height - flat.height
    if x == 0:
        return ((0.0, top),)
    if _round(flat) and abs(x) > flat.right + TURN:
        middle = top + flat.height / 2
        return ((x, middle), (flat.right if x > 0 else -flat.right, middle))
    return ((x, top - OVER), (0.0, top - OVER), (0.0, top))


def _round(into: Drawing) -> bool:
    first = into.things[0]
    return isinstance(first, Card) and first.round
