"""Sets of sizes that go on for ever in a pattern: "32 and up", "multiples of 16", "20 to 23".

Every condition on a quasi-affine function has such a set for its solution: in each residue class of the period the
function is a line, and where a line lies between two bounds is an interval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import lcm

from cnnspec.engine.inputs.function import SizeFunction, TooLong, primes

MAX_BITS = 2**22
Bounds = tuple[int, int | None]  # from the first to the last, which may be missing


@dataclass(frozen=True, slots=True)
class Sizes:
    """Positive whole numbers: those below ``start`` by the bits of ``head``, the others by those of ``cycle``.

    A number n from ``start`` up is in the set where bit n mod ``period`` of the cycle is set. Start and period are the
    smallest, so that equal sets are equal values.
    """

    head: int = field(repr=False)
    start: int
    period: int
    cycle: int = field(repr=False)

    def __contains__(self, n: int) -> bool:
        if n < self.start:
            return n > 0 and bool(self.head >> n & 1)
        return bool(self.cycle >> n % self.period & 1)

    def __bool__(self) -> bool:
        return bool(self.head or self.cycle)

    def __and__(self, other: Sizes) -> Sizes:
        if not self.cycle or not other.cycle:
            few, many = (other, self) if self.cycle else (self, other)
            return _finite(few.head & many.bits(few.start))
        if self in (ALL, other):
            return other
        return self if other == ALL else _combined(self, other, int.__and__)

    def __or__(self, other: Sizes) -> Sizes:
        return _combined(self, other, int.__or__)

    def __sub__(self, other: Sizes) -> Sizes:
        if not self.cycle:
            return _finite(self.head & ~other.bits(self.start))
        return _combined(self, other, _without)

    def __invert__(self) -> Sizes:
        return ALL - self

    def __le__(self, other: Sizes) -> bool:
        return not self - other

    @property
    def is_finite(self) -> bool:
        return not self.cycle

    @property
    def smallest(self) -> int:
        """The least element. Raises ValueError for the empty set."""
        return self.nearest(1)

    def nearest(self, n: int) -> int:
        """The element nearest to ``n``, the smaller of two. Raises ValueError for the empty set."""
        bits = self.bits(max(self.start, n) + self.period)
        below, above = bits & ((2 << n) - 1), bits >> n
        found = [below.bit_length() - 1] if below else []
        found += [n + (above & -above).bit_length() - 1] if above else []
        return min(found, key=lambda element: abs(element - n))

    def below(self, n: int) -> int | None:
        """The largest element below ``n``; None where there is none."""
        return self.bits(n).bit_length() - 1 if self.bits(n) else None

    def above(self, n: int) -> int:
        """The smallest element above ``n``, of a set without an end."""
        bits = self.bits(max(self.start, n) + self.period + 1) >> n + 1
        return n + (bits & -bits).bit_length()

    def bits(self, count: int) -> int:
        """A number whose bit n is set where n is in the set, for n below ``count``."""
        if count <= self.start:
            return self.head & _ones(count)
        later = _repeated(self.cycle, self.period, count) >> self.start << self.start
        return self.head | later

    def runs(self, end: int) -> Iterator[tuple[int, int]]:
        """The first and the last of each unbroken row of elements below ``end``."""
        bits, at = self.bits(end), 0
        while bits:
            skipped = (bits & -bits).bit_length() - 1
            length = (~(bits >> skipped) & ((bits >> skipped) + 1)).bit_length() - 1
            yield at + skipped, at + skipped + length - 1
            bits, at = bits >> (skipped + length), at + skipped + length


def _finite(head: int) -> Sizes:
    """The set of the bits alone. There may be thousands of such, of long bits that would take long to look up."""
    return Sizes(head, max(head.bit_length(), 1), 1, 0)


def _without(a: int, b: int) -> int:
    return a & ~b


def _ones(count: int) -> int:
    return (1 << count) - 1


def _repeated(cycle: int, period: int, count: int) -> int:
    """The cycle over and over, up to bit ``count``."""
    if count > MAX_BITS:
        raise TooLong(count)
    while period < count:
        cycle |= cycle << period
        period *= 2
    return cycle & _ones(count)


@lru_cache(maxsize=4096)
def _combined(a: Sizes, b: Sizes, by: Callable[[int, int], int]) -> Sizes:
    start, period = max(a.start, b.start), lcm(a.period, b.period)
    cycles = (_repeated(s.cycle, s.period, period) for s in (a, b))
    return sizes(by(a.bits(start), b.bits(start)), start, period, by(*cycles))


def sizes(head: int, start: int, period: int, cycle: int) -> Sizes:
    """The set, under its smallest period and its smallest start. Raises TooLong."""
    for prime in primes(period):
        while period % prime == 0 and _repeated(cycle & _ones(period // prime), period // prime, period) == cycle:
            period //= prime
            cycle &= _ones(period)
    if start > MAX_BITS:
        raise TooLong(start)
    head &= ~1  # there is no size 0
    unlike = (head ^ _repeated(cycle, period, start)) & ~1
    start = max(unlike.bit_length(), 1)
    return Sizes(head & _ones(start), start, period, cycle)


ALL = Sizes(0, 1, 1, 1)
NONE = Sizes(0, 1, 1, 0)


@lru_cache(maxsize=4096)
def between(f: SizeFunction, low: int | None, high: int | None) -> Sizes:
    """The sizes n with low ≤ f(n) ≤ high; None leaves a side open. Raises TooLong."""
    if not f.table:
        return _interval(f, low, high)
    rows: dict[Bounds, int] = defaultdict(int)
    for rest, value in enumerate(f.table):
        bounds = _bounds(value, f.increment, low, high)
        if bounds is not None:
            rows[bounds] |= 1 << rest
    return _of_rows(rows, f.period)


def _interval(f: SizeFunction, low: int | None, high: int | None) -> Sizes:
    """The sizes for which a quotient lies between two numbers: those between two others."""
    floor = None if low is None else low * f.period - f.offset
    ceiling = None if high is None else (high + 1) * f.period - f.offset - 1
    found = _bounds(0, f.increment, floor, ceiling)  # floor ≤ increment·n ≤ ceiling
    return NONE if found is None else _of_rows({found: 1}, 1)


def _bounds(value: int, increment: int, low: int | None, high: int | None) -> Bounds | None:
    """The rounds q ≥ 0 with low ≤ value + q·increment ≤ high."""
    if increment < 0:
        turned = None if high is None else -high, None if low is None else -low
        return _bounds(-value, -increment, *turned)
    if increment == 0:
        inside = (low is None or low <= value) and (high is None or value <= high)
        return (0, None) if inside else None
    first = 0 if low is None else max(0, -((value - low) // increment))
    last = None if high is None else (high - value) // increment
    return None if last is not None and last < first else (first, last)


def _of_rows(rows: dict[Bounds, int], period: int) -> Sizes:
    """The set in which the residue classes of each row go from its first round to its last."""
    ends = [first if last is None else last + 1 for first, last in rows]
    start = max(ends, default=0) * period
    if start > MAX_BITS:
        raise TooLong(start)
    head = cycle = 0
    for (first, last), row in rows.items():
        end = start if last is None else (last + 1) * period
        head |= _repeated(row, period, end - first * period) << first * period if end > first * period else 0
        cycle |= row if last is None else 0
    return sizes(head, max(start, 1), period, cycle)
