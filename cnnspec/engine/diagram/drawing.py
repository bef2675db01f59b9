"""A piece of the page around an axis: x = 0 is the axis, y = 0 the top, and what flows goes down.

entries   lines from (0, 0) to the boxes that take what reaches the piece
exits     lines from boxes to the bottom of the piece: one, on the axis, but for branches that are not yet joined
passes    lines from (0, 0) to the bottom with no box on them: shortcuts
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from cnnspec.engine.diagram.scene import Path, Thing, Words, moved, straight
from cnnspec.engine.diagram.text import Text, said

GAP = 30.0  # between two boxes, with room for a shape
ASIDE = 6.0  # of a shape from its line
TURN = 8.0  # how far below a box a line may turn


@dataclass(frozen=True, slots=True)
class Drawing:
    """``left`` and ``right``: how far it reaches from the axis. ``out`` is the shape that leaves it."""

    left: float
    right: float
    height: float
    things: tuple[Thing, ...] = ()
    entries: tuple[Path, ...] = ()
    exits: tuple[Path, ...] = ()
    passes: tuple[Path, ...] = ()
    out: Text = ()

    def moved(self, dx: float, dy: float) -> Drawing:
        """The same elsewhere; its reach is told from where its axis was."""
        return replace(
            self,
            left=self.left - dx,
            right=self.right + dx,
            height=self.height + dy,
            things=tuple(thing.moved(dx, dy) for thing in self.things),
            entries=tuple(moved(path, dx, dy) for path in self.entries),
            exits=tuple(moved(path, dx, dy) for path in self.exits),
            passes=tuple(moved(path, dx, dy) for path in self.passes),
        )


IDENTITY = Drawing(0, 0, 0, passes=(((0.0, 0.0),),))


def crossed(starts: tuple[Path, ...], ends: tuple[Path, ...]) -> tuple[Path, ...]:
    """A line from each start to each end."""
    return tuple(straight(start, end) for start in starts for end in ends)


def lowered(paths: tuple[Path, ...], y: float) -> tuple[Path, ...]:
    """The lines, each straight on down to a height."""
    return tuple(straight(path, ((path[-1][0], y),)) for path in paths)


def beside(out: Text, x: float, y: float) -> tuple[Words, ...]:
    """A shape to the right of a line; nothing where there is none to tell."""
    text = said(out)
    return (Words(x + ASIDE, y, text, soft=True),) if text else ()


def reach(words: tuple[Words, ...]) -> float:
    """How far words on one line reach to the right."""
    return max((float(ceil(one.left + one.width)) for one in words), default=0.0)
