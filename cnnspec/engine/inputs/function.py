"""A size inside a network as an exact function of one size of its input.

Sums, differences, multiples, quotients and remainders of such functions are such functions again, so whatever the
window formula makes of a size, it is one: floor((n + 2·3 − 7) / 2) + 1 has period 2 and grows by 1 in each. However
deep the network, a chain of windows is one quotient, for floor((floor(x / 2) + 1) / 3) is floor((x + 2) / 6); only
where a quotient is multiplied, or two are added, a table says what the function is in each residue class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import gcd, lcm

MAX_PERIOD = 2**12


class TooLong(ArithmeticError):
    """A function or a set that would take more memory than its answer is worth."""


@dataclass(frozen=True, slots=True)
class SizeFunction:
    """Quasi-affine: f(q·period + r) = q·increment + f(r).

    Either f(n) = floor((increment·n + offset) / period), or ``table`` holds f(0) to f(period − 1). The period is the
    smallest, and the table is there only where no quotient will do; so equal functions are equal values.
    """

    period: int
    increment: int
    offset: int = 0
    table: tuple[int, ...] = field(default=(), repr=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.period, self.increment, self.offset, self.table)))

    def __hash__(self) -> int:
        return self._hash

    def __call__(self, n: int) -> int:
        if not self.table:
            return (self.increment * n + self.offset) // self.period
        rounds, rest = divmod(n, self.period)
        return rounds * self.increment + self.table[rest]

    @property
    def constant(self) -> int | None:
        """Its value, where it has only one."""
        return None if self.increment or self.table else self.offset

    def plus(self, number: int) -> SizeFunction:
        if not self.table:
            return SizeFunction(self.period, self.increment, self.offset + number * self.period)
        return SizeFunction(self.period, self.increment, table=tuple(value + number for value in self.table))

    def times(self, number: int) -> SizeFunction:
        """The product with a number. Raises TooLong."""
        if not self.table and self.period == 1:
            return SizeFunction(1, self.increment * number, self.offset * number)
        if not self.table and number == -1:  # rounding up is rounding down from one step less further
            return SizeFunction(self.period, -self.increment, self.period - 1 - self.offset)
        return _times(self, number)

    def over(self, number: int) -> SizeFunction:
        """The quotient, rounded down. Raises TooLong."""
        if number < 0:
            return self.times(-1).over(-number)
        if not self.table:
            return quotient(self.increment, self.offset, self.period * number)
        return _over(self, number)

    def added(self, other: SizeFunction) -> SizeFunction:
        """The sum of two functions of the same size. Raises TooLong."""
        return _added(self, other)


IDENTITY = SizeFunction(1, 1)


def quotient(slope: int, offset: int, by: int) -> SizeFunction:
    """floor((slope·n + offset) / by)."""
    common = gcd(slope, by)
    return SizeFunction(by // common, slope // common, offset // common)


def tabled(period: int, increment: int, value: Callable[[int], int]) -> SizeFunction:
    """The function with these values over its first period, in its simplest form. Raises TooLong."""
    if period > MAX_PERIOD:
        raise TooLong(period)
    table = tuple(map(value, range(period)))
    for prime in primes(period):
        while period % prime == 0 and _repeats(period // prime, increment, table):
            period, increment = period // prime, increment // prime
            table = table[:period]
    ends = [value * period - increment * rest for rest, value in enumerate(table)]
    if max(ends) < min(ends) + period:  # floor((increment·n + max) / period) has these values
        return quotient(increment, max(ends), period)
    return SizeFunction(period, increment, table=table)


def _repeats(part: int, increment: int, table: tuple[int, ...]) -> bool:
    """Whether each ``part`` of the period grows by the same amount."""
    parts = len(table) // part
    step, rest = divmod(increment, parts)
    ahead = (*table[part:], *(value + increment for value in table[:part]))
    return rest == 0 and all(later - value == step for value, later in zip(table, ahead, strict=True))


def primes(number: int) -> Iterator[int]:
    """The prime factors, each once."""
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            yield divisor
            while number % divisor == 0:
                number //= divisor
        divisor += 1
    if number > 1:
        yield number


@lru_cache(maxsize=4096)
def _times(f: SizeFunction, number: int) -> SizeFunction:
    return tabled(f.period, f.increment * number, lambda r: f(r) * number)


@lru_cache(maxsize=4096)
def _over(f: SizeFunction, number: int) -> SizeFunction:
    rounds = number // gcd(f.increment, number)  # after so many periods the quotient grows by a whole number
    return tabled(f.period * rounds, f.increment * rounds // number, lambda r: f(r) // number)


@lru_cache(maxsize=4096)
def _added(f: SizeFunction, g: SizeFunction) -> SizeFunction:
    if g.period == 1:
        f, g = g, f
    if f.period == 1 and not g.table:
        return SizeFunction(g.period, g.increment + f.increment * g.period, g.offset + f.offset * g.period)
    if not f.table and g == f.plus(0 - _shift(f, g)).times(-1):
        return SizeFunction(1, 0, _shift(f, g))
    period = lcm(f.period, g.period)
    grows = period // f.period * f.increment + period // g.period * g.increment
    return tabled(period, grows, lambda r: f(r) + g(r))


def _shift(f: SizeFunction, g: SizeFunction) -> int:
    """The sum at 0: all of it where one function is the other one turned over and moved."""
    return f(0) + g(0)
