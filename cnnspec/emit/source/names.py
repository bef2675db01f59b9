"""The names that a place of the source may read: the arguments of its class, its locals, the variables of its loops.

    Names (class)  in_channels, width, stride          a value for each instance
      └─ Names (loop)  i, depth                        a value for each instance and round

Beside them stand the names of the spec, which say how the values came about: what is read from them is only a guess,
and stands in the source where it gives the right value at every point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnspec.emit.source.values import Point, Slot, constant, frozen, same
from cnnspec.syntax import ExpressionError, Meter
from cnnspec.syntax.evaluate import Evaluator
from cnnspec.syntax.expr import NO_VALUE, Expr, LayerName, Silent

Find = Callable[[str, Point], Any]
INDEX = "index"  # what the spec calls the number of a round


class Unsolved(Exception):
    """Values that no expression gives: the lines have to be written out, or parted into several classes."""


@dataclass(eq=False)
class Names:
    """``own`` are the names of this level with their values; ``spec`` gives the names of the spec at a point."""

    depth: int  # of this level's points
    own: dict[str, Slot]
    spec: Mapping[Point, Mapping[str, Any]]
    outer: Names | None = None
    index: str | None = None  # what the number of the round is called here
    values: dict[str, Slot] = field(default_factory=dict)  # local variables, in the order in which they are set

    def __iter__(self) -> Iterator[str]:
        """The names that the source may read, the innermost first."""
        yield from self.values
        yield from self.own
        if self.outer is not None:
            yield from self.outer

    def at(self, name: str, point: Point) -> Any:
        """The value of a name at a point. Raises KeyError."""
        level: Names | None = self
        while level is not None:
            for held in (level.values, level.own):
                if name in held:
                    return held[name][point[: level.depth]]
            level = level.outer
        raise KeyError(name)

    def spec_at(self, name: str, point: Point) -> Any:
        """The value of a name of the spec at a point. Raises KeyError."""
        level: Names | None = self
        while level is not None:
            found = level.spec.get(point[: level.depth], {})
            if name in found and found[name] is not NO_VALUE:
                return found[name]
            level = level.outer
        raise KeyError(name)

    def called(self, name: str) -> str | None:
        """What a name of the spec is called in the source; None where nothing there stands for it."""
        if name != INDEX:
            return name if name in self else None
        level: Names | None = self
        while level is not None:
            if any(INDEX in names for names in level.spec.values()):
                return level.index
            level = level.outer
        return None

    @property
    def loops(self) -> list[str]:
        """The round numbers that may be read, the innermost first."""
        found = [self.index] if self.index else []
        return found + (self.outer.loops if self.outer else [])


class _View(Mapping[str, Any]):
    """Names at one point, as the evaluator takes them."""

    def __init__(self, find: Find, point: Point) -> None:
        self.find, self.point = find, point

    def __getitem__(self, name: str) -> Any:
        return self.find(name, self.point)

    def __contains__(self, name: object) -> bool:
        try:
            self.find(str(name), self.point)
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def evaluated(
    found: Expr, find: Find, points: Slot, shape: Callable[[Point], Any] | None = None
) -> dict[Point, Any] | None:
    """What an expression gives at each point; None where it gives nothing at one of them."""
    try:
        return {point: _evaluated(found, find, point, shape) for point in points}
    except (ExpressionError, KeyError, Silent):
        return None


def _evaluated(found: Expr, find: Find, point: Point, shape: Callable[[Point], Any] | None) -> Any:
    arriving = None if shape is None else (lambda: shape(point))
    return frozen(Evaluator(_View(find, point), arriving, Meter()).value(found))


def gives(found: Expr, names: Names, slot: Slot) -> bool:
    """Whether an expression over the names of the source gives the values of a slot."""
    try:
        return all(same(_evaluated(found, names.at, point, None), wanted) for point, wanted in slot.items())
    except (ExpressionError, KeyError):
        return False


def is_constant(slot: Slot) -> bool:
    return constant(slot.values())


def plain_layer(value: Any) -> bool:
    """Whether a value is a layer without arguments."""
    return isinstance(value, LayerName) and not value.args
