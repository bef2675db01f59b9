"""The names that a place of the source may read: the arguments of its class, the variables of the loops around it.

    Names (class)  in_channels, width, stride          a value for each instance
      └─ Names (loop)  i, depth                        a value for each instance and round

Beside them stand the names of the spec, which say how the values came about: what is read from them is only a guess,
and is written where it gives the right value at every point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cnnspec.engine.source.code import children
from cnnspec.engine.source.values import Point, Slot, Type, frozen, same
from cnnspec.engine.syntax import NO_VALUE, ExpressionError, Meter, Silent
from cnnspec.engine.syntax.evaluate import Evaluator
from cnnspec.engine.syntax.expr import Expr

Find = Callable[[str, Point], Any]
Arriving = Callable[[Point], Any]  # the shape that reaches a line
INDEX = "index"  # what a spec calls the number of a round


class Unsolved(Exception):
    """Values that no expression gives: the lines have to be written out, or parted into several classes."""


@dataclass(eq=False)
class SourceNames:
    """``own`` are the names of this level with their values; ``spec`` gives the spec's names at each of its points."""

    depth: int  # of this level's points
    own: dict[str, Slot]
    spec: Mapping[Point, Mapping[str, Any]]
    outer: SourceNames | None = None
    index: str | None = None  # what the number of the round is called here

    def levels(self) -> Iterator[SourceNames]:
        """The levels from the innermost out."""
        level: SourceNames | None = self
        while level is not None:
            yield level
            level = level.outer

    def __iter__(self) -> Iterator[str]:
        """The names that the source may read, the innermost first."""
        for level in self.levels():
            yield from level.own

    def at(self, name: str, point: Point) -> Any:
        """The value of a name of the source. Raises KeyError."""
        for level in self.levels():
            if name in level.own:
                return level.own[name][point[: level.depth]]
        raise KeyError(name)

    def spec_at(self, name: str, point: Point) -> Any:
        """The value of a name of the spec. Raises KeyError."""
        for level in self.levels():
            found = level.spec.get(point[: level.depth], {})
            if found.get(name, NO_VALUE) is not NO_VALUE:
                return found[name]
        raise KeyError(name)

    def called(self, name: str) -> str | None:
        """What a name of the spec is called in the source; None where nothing there stands for it."""
        if name != INDEX:
            return name if name in self else None
        sets_index = (level for level in self.levels() if any(INDEX in names for names in level.spec.values()))
        level = next(sets_index, None)
        return None if level is None else level.index

    @property
    def loops(self) -> list[str]:
        """The round numbers that may be read, the innermost first."""
        return [level.index for level in self.levels() if level.index]


class _At(Mapping[str, Any]):
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


def evaluated(found: Expr, find: Find, points: Slot, arriving: Arriving | None = None) -> dict[Point, Any] | None:
    """What an expression gives at each point; None where it gives nothing at one of them."""
    try:
        return {point: _at(found, find, point, arriving) for point in points}
    except (ExpressionError, KeyError, Silent):
        return None


def gives(found: Expr, names: SourceNames, slot: Slot) -> bool:
    """Whether an expression over the names of the source gives the values of a slot."""
    try:
        found_everywhere = all(same(_at(found, names.at, point, None), wanted) for point, wanted in slot.items())
        return found_everywhere and _is_comparable(found, names, slot)
    except (ExpressionError, KeyError):
        return False


def _is_comparable(found: Expr, names: SourceNames, slot: Slot) -> bool:
    """Whether Python compares as the language does: a layer type with arguments, a `partial`, equals itself only."""
    sides = found.args if found.op in ("==", "!=") else ()
    values = (_at(side, names.at, point, None) for side in sides for point in slot)
    if any(isinstance(value, Type) and value.arguments for value in values):
        return False
    return all(_is_comparable(part, names, slot) for part in children(found))


def _at(found: Expr, find: Find, point: Point, arriving: Arriving | None) -> Any:
    shape = None if arriving is None else (lambda: arriving(point))
    return frozen(Evaluator(_At(find, point), shape, Meter()).value(found))
