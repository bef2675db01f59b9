"""What is known of a size inside a network: a function of one of the input's sizes, or a product of such functions.

    Along      floor((height − 5) / 2) + 1
    Product    16 · floor(height / 4) · floor(width / 4)      what Flatten makes

Arithmetic gives a term, a bare number, or None where the result is neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt

from cnnspec.engine.inputs.function import SizeFunction, TooLong
from cnnspec.engine.inputs.region import Box, Region
from cnnspec.engine.inputs.sizes import between

MAX_FACTOR = 10**9  # a stated size beyond it is past any memory, and its divisors take long to find
MAX_STEPS = 200  # of the staircase that a product's bound is


@dataclass(frozen=True, slots=True)
class Along:
    """A function of the size along one axis."""

    axis: int
    function: SizeFunction


@dataclass(frozen=True, slots=True)
class Product:
    """scale · (the product of the factors) + offset."""

    scale: int
    factors: tuple[Along, ...]
    offset: int = 0


Term = Along | Product
Result = Term | int | None


def along(axis: int, function: SizeFunction) -> Along | int:
    """The term, or the number where the function has one value only."""
    return Along(axis, function) if function.constant is None else function.constant


def added(a: Term, b: Term | int) -> Result:
    """a + b."""
    if isinstance(b, int):
        if isinstance(a, Along):
            return Along(a.axis, a.function.plus(b))
        return Product(a.scale, a.factors, a.offset + b)
    if isinstance(a, Along) and isinstance(b, Along) and a.axis == b.axis:
        return along(a.axis, a.function.added(b.function))
    if isinstance(a, Product) and isinstance(b, Product) and a.factors == b.factors:
        return _product(a.scale + b.scale, a.factors, a.offset + b.offset)
    return None


def times(a: Term, b: Term | int) -> Result:
    """a · b."""
    if isinstance(b, int):
        if isinstance(a, Along) and b:
            return _multiple(a, b)
        if isinstance(a, Along):
            return 0
        return _product(a.scale * b, a.factors, a.offset * b)
    one, two = _as_product(a), _as_product(b)
    if one.offset or two.offset:
        return None
    factors = sorted((*one.factors, *two.factors), key=lambda factor: factor.axis)
    return _product(one.scale * two.scale, tuple(factors), 0)


def _multiple(a: Along, number: int) -> Term:
    """As a function where its table is not too long."""
    try:
        return Along(a.axis, a.function.times(number))
    except TooLong:
        return Product(number, (a,))


def over(a: Term, number: int) -> Result:
    """a / number, rounded down."""
    if isinstance(a, Along):
        return along(a.axis, a.function.over(number))
    if a.scale % number:
        return None
    return _product(a.scale // number, a.factors, a.offset // number)


def positive(term: Product, sample: tuple[int, ...]) -> Product:
    """The same product with factors that are positive for a sample, or with a scale of 0. Raises TooLong."""
    scale, factors = term.scale, []
    for factor in term.factors:
        value = factor.function(sample[factor.axis])
        sign = (value > 0) - (value < 0)
        scale *= sign
        factors.append(factor if sign >= 0 else Along(factor.axis, factor.function.times(-1)))
    return Product(scale, tuple(factors), term.offset)


def _as_product(term: Term) -> Product:
    return Product(1, (term,)) if isinstance(term, Along) else term


def _product(scale: int, factors: tuple[Along, ...], offset: int) -> Term | int:
    return Product(scale, factors, offset) if scale else offset


@lru_cache(maxsize=4096)
def where(term: Term, low: int | None, high: int | None, rank: int) -> Region:
    """The inputs, of ``rank`` sizes, for which low ≤ term ≤ high; where that is a product, its factors are positive.

    Raises TooLong.
    """
    if isinstance(term, Along):
        return Region.along(term.axis, between(term.function, low, high), rank)
    if term.scale == 0:
        holds = (low is None or low <= term.offset) and (high is None or term.offset <= high)
        return Region.whole(rank) if holds else Region(rank, ())
    low, high = _unscaled(term, low, high)
    if low is not None and low == high:
        return _equal(term.factors, low, rank)
    inside = Region.whole(rank) if low is None else _at_least(term.factors, low, rank)
    return inside if high is None else inside - _at_least(term.factors, high + 1, rank)


def _unscaled(term: Product, low: int | None, high: int | None) -> tuple[int | None, int | None]:
    """The bounds of the factors' product alone."""
    low, high = (None if bound is None else bound - term.offset for bound in (low, high))
    if term.scale < 0:
        low, high = None if high is None else -high, None if low is None else -low
    scale = abs(term.scale)
    low = None if low is None else -(-low // scale)
    high = None if high is None else high // scale
    if low is not None and high is not None and low > high:
        return 0, 0  # nothing: factors are positive
    return low, high


def _equal(factors: tuple[Along, ...], value: int, rank: int) -> Region:
    """The product is ``value``: each pair of divisors gives a box."""
    first, *rest = factors
    if not rest or value < 1:
        return where(first, value, value, rank) if not rest and value >= 1 else Region(rank, ())
    boxes: list[Box] = []
    for divisor in _divisors(value):
        here = where(first, divisor, divisor, rank)
        boxes += (here & _equal(tuple(rest), value // divisor, rank)).boxes if here else ()
    return Region(rank, tuple(boxes))


def _divisors(value: int) -> Iterator[int]:
    if value > MAX_FACTOR:
        raise TooLong(value)
    small = [d for d in range(1, isqrt(value) + 1) if value % d == 0]
    yield from small
    yield from (value // d for d in reversed(small) if d * d != value)


def _at_least(factors: tuple[Along, ...], value: int, rank: int) -> Region:
    """The product is ``value`` or more: a staircase, in which the first factor goes up as the others come down."""
    first, *rest = factors
    if value <= 1:
        return Region.whole(rank)
    if not rest:
        return where(first, value, None, rank)
    boxes: list[Box] = []
    low = 1
    for _ in range(MAX_STEPS):
        needed = -(-value // low)
        high = None if needed == 1 else (value - 1) // (needed - 1)
        step = where(first, low, high, rank) & _at_least(tuple(rest), needed, rank)
        boxes += step.boxes
        if high is None:
            return Region(rank, tuple(boxes))
        low = high + 1
    raise TooLong(value)
