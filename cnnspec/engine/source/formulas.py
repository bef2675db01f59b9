"""Short formulas over names: what channels and counts of rounds follow from, where the spec does not say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations

from cnnspec.engine.source.code import expr, name, value
from cnnspec.engine.source.names import SourceNames, gives
from cnnspec.engine.source.values import Point, Slot, only
from cnnspec.engine.syntax.expr import Expr

FACTORS = range(2, 17)


def multiples(names: Iterable[str]) -> Iterator[Expr]:
    """A multiple or a part of one name."""
    for each in names:
        for factor in FACTORS:
            yield expr("*", value(factor), name(each))
            yield expr("//", name(each), value(factor))


def pairs(names: Iterable[str]) -> Iterator[Expr]:
    """Products, sums and quotients of two names."""
    for a, b in permutations(names, 2):
        for sign in ("*", "+", "//"):
            yield expr(sign, name(a), name(b))


def comparisons(names: SourceNames) -> Iterator[Expr]:
    """Conditions that name one or two names."""
    yield from map(name, names)
    yield from (expr(sign, name(a), value(None)) for a in names for sign in ("==", "!="))
    yield from (expr(sign, name(i), value(0)) for i in names.loops for sign in ("==", ">"))
    yield from (expr(sign, name(a), name(b)) for a, b in permutations(names, 2) for sign in ("==", "!="))


def numeric(names: SourceNames, slot: Slot) -> list[str]:
    """The names that are numbers at all points, and not the same one."""
    values = {each: [_at(names, each, point) for point in slot] for each in names}
    return [each for each, found in values.items() if {type(v) for v in found} <= {int, float} and len({*found}) > 1]


def _at(names: SourceNames, each: str, point: Point) -> object:
    try:
        return names.at(each, point)
    except KeyError:
        return None


def step(slot: Slot, index: str, names: SourceNames) -> int | None:
    """By how much the values grow from each round to the next, where that is always the same."""
    if not all(type(v) is int for v in slot.values()):
        return None
    firsts = first_round(slot, index, names)
    steps = {v - firsts[p[:-1]] for p, v in slot.items() if names.at(index, p) == 1 and p[:-1] in firsts}
    return steps.pop() if len(steps) == 1 else None


def first_round(slot: Slot, index: str, names: SourceNames) -> dict[Point, int]:
    """The values of the first round, by the points of the loop."""
    return {point[:-1]: v for point, v in slot.items() if names.at(index, point) == 0}


def grown(start: Expr, by: int, index: str) -> Expr:
    """``start + by * i``."""
    steps = name(index) if by == 1 else expr("*", value(by), name(index))
    return steps if start.op == "literal" and start.args[0] == 0 else expr("+", start, steps)


def first_of(candidates: Iterable[Expr], names: SourceNames, slot: Slot) -> Expr | None:
    """The first that gives the values."""
    return next((found for found in candidates if gives(found, names, slot)), None)


def known(slot: Slot) -> Expr:
    """The one value of a slot."""
    return value(only(slot))
