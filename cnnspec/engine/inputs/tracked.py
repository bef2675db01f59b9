"""Whole numbers that know how they follow from the input's sizes.

A ``Tracked`` is an int with the value that it has for one sample input. Arithmetic gives tracked numbers again. A
comparison gives its outcome for the sample, and the tracker records for which inputs it comes out the same: the
conditions of a run together are the inputs that take the same way through the network. Where a number cannot be
followed it is pinned: the condition is that it has its present value, and it goes on as a bare int.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, Self

from cnnspec.engine.diagnostics import Span
from cnnspec.engine.inputs.function import IDENTITY, TooLong
from cnnspec.engine.inputs.region import Region
from cnnspec.engine.inputs.term import Along, Product, Result, Term, added, over, positive, times, where

POLICY = 2**31 - 1  # bounds on memory are no property of the network, and nothing smaller than them is asked


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about a size, as one line asked it, and the inputs for which the answer is the sample's."""

    inputs: Region
    others: Region
    span: Span | None
    pinned: bool = False  # it stands for all that follows from a size which could not be followed


class Tracker:
    """Collects the conditions of one run; ``span`` is the line that is being expanded."""

    def __init__(self, sample: tuple[int, ...]) -> None:
        self.sample = sample
        self.span: Span | None = None
        self.closed = False
        self._found: dict[tuple[Term, int | None, int | None, bool], Condition] = {}

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(self._found.values())

    def record(self, term: Term, low: int | None, high: int | None, outcome: bool, pinned: bool = False) -> None:
        """That ``low ≤ term ≤ high`` has this outcome. Raises TooLong."""
        if isinstance(term, Product):
            self._record_signs(term)
            term = positive(term, self.sample)
        key = (term, low, high, outcome)
        if self.closed or key in self._found:
            return
        inside = where(term, low, high, len(self.sample))
        outside = ~inside
        same, others = (inside, outside) if outcome else (outside, inside)
        self._found[key] = Condition(same, others, self.span, pinned)

    def _record_signs(self, term: Product) -> None:
        """A product is looked up by factors that are positive; which of them are is a condition, too."""
        for factor in term.factors:
            value = factor.function(self.sample[factor.axis])
            low, high = (1, None) if value > 0 else (None, -1) if value < 0 else (0, 0)
            self.record(factor, low, high, outcome=True)

    def sizes(self) -> tuple[Tracked, ...]:
        """The sizes of the sample, each along an axis of its own."""
        return tuple(Tracked(n, Along(axis, IDENTITY), self) for axis, n in enumerate(self.sample))


class Tracked(int):
    """An int for one input, and its term for all of them."""

    term: Term
    tracker: Tracker

    def __new__(cls, value: int, term: Term, tracker: Tracker) -> Self:
        made = super().__new__(cls, value)
        made.term, made.tracker = term, tracker
        return made

    def pinned(self) -> int:
        """The bare value, on the condition that it is this one."""
        value = int.__int__(self)
        self.tracker.record(self.term, value, value, outcome=True, pinned=True)
        return value

    def _made(self, value: int, result: Result) -> int:
        return value if isinstance(result, int) or result is None else Tracked(value, result, self.tracker)

    def _follow(self, value: int, step: Callable[[], Result], other: int | None = None) -> int:
        """The number that arithmetic gives; pins what goes into it where its term is none."""
        try:
            result = step()
        except TooLong:
            result = None
        if result is None:
            self.pinned()
            bare(other)
        return self._made(value, result)

    # ------------------------------------------------------------------------------------------------ arithmetic

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return self.pinned() + other
        return self._follow(int.__add__(self, other), lambda: added(self.term, _term(other)), other)

    __radd__ = __add__

    def __neg__(self) -> int:
        return self._made(int.__neg__(self), times(self.term, -1))

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return self.pinned() * other
        return self._follow(int.__mul__(self, other), lambda: times(self.term, _term(other)), other)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        if not isinstance(other, int) or isinstance(other, Tracked):
            return self.pinned() // bare(other)
        return self._follow(int.__floordiv__(self, other), lambda: over(self.term, other))

    def __rfloordiv__(self, other: Any) -> Any:
        if type(other) is int and other == 0 and self != 0:
            return 0
        return other // self.pinned()

    def __mod__(self, other: Any) -> Any:
        return self - self // other * other

    def __rmod__(self, other: Any) -> Any:
        return other % self.pinned()

    def __truediv__(self, other: Any) -> Any:
        return self.pinned() / bare(other)

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.pinned()

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        return self.pinned() ** bare(other)

    def __rpow__(self, other: Any, modulo: Any = None) -> Any:
        return other ** self.pinned()

    def __pos__(self) -> int:
        return self

    def __abs__(self) -> int:
        return self if self >= 0 else -self

    def __round__(self, digits: Any = 0) -> int:
        return self if digits >= 0 else round(self.pinned(), bare(digits))

    def __floor__(self) -> int:
        return self

    __ceil__ = __trunc__ = __floor__

    def __int__(self) -> int:
        return self.pinned()

    def __float__(self) -> float:
        return float(self.pinned())

    # ----------------------------------------------------------------------------------------------- comparisons

    def asked(self, other: Any, outcome: bool, bounds: Callable[[int], tuple[int | None, int | None]]) -> bool:
        """Records that ``bounds`` hold for self − other, or that they do not."""
        if isinstance(other, Tracked):
            difference = self - other
            if isinstance(difference, Tracked):
                return difference.asked(0, outcome, bounds)
        elif abs(other) < POLICY:
            try:
                self.tracker.record(self.term, *bounds(other), outcome)
            except TooLong:
                self.pinned()
        return outcome

    def __lt__(self, other: Any) -> bool:
        return self.asked(_up(other), int.__lt__(self, _up(other)), lambda c: (None, c - 1))

    def __ge__(self, other: Any) -> bool:
        return self.asked(_up(other), int.__ge__(self, _up(other)), lambda c: (c, None))

    def __le__(self, other: Any) -> bool:
        return self.asked(_down(other), int.__le__(self, _down(other)), lambda c: (None, c))

    def __gt__(self, other: Any) -> bool:
        return self.asked(_down(other), int.__gt__(self, _down(other)), lambda c: (c + 1, None))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, float) and other.is_integer():
            other = floor(other)
        if not isinstance(other, int):
            return False
        return self.asked(other, int.__eq__(self, other), lambda c: (c, c))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        return self != 0

    def __hash__(self) -> int:
        return hash(self.pinned())

    def __format__(self, spec: str) -> str:
        return format(int.__index__(self), spec)  # a message, which decides nothing


def _pinning(name: str) -> Callable[..., Any]:
    """An operation on the bare value: no spec can reach it, and it must not forget what it came from."""
    return lambda self, *others: getattr(int, name)(self.pinned(), *map(bare, others))


for _name in "and or xor lshift rshift rand ror rxor rlshift rrshift divmod rdivmod pow rpow invert".split():
    setattr(Tracked, f"__{_name}__", _pinning(f"__{_name}__"))


def bare(value: Any) -> Any:
    """The value, pinned where it is tracked."""
    return value.pinned() if isinstance(value, Tracked) else value


def _term(value: int) -> Term | int:
    return value.term if isinstance(value, Tracked) else value


def _up(bound: Any) -> Any:
    """The whole number that a size is below where it is below ``bound``."""
    return bound if isinstance(bound, int) else ceil(bound)


def _down(bound: Any) -> Any:
    return bound if isinstance(bound, int) else floor(bound)
