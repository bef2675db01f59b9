"""Functions of a size, sets of sizes and regions, against counting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from cnnspec.engine.inputs.function import IDENTITY, SizeFunction, TooLong, quotient, tabled
from cnnspec.engine.inputs.region import Region
from cnnspec.engine.inputs.sizes import ALL, NONE, Sizes, between, sizes
from cnnspec.engine.inputs.term import Along, Product, where
from cnnspec.engine.inputs.words import described

UP_TO = 3000
Plain = Callable[[int], int]
STEPS = st.lists(st.tuples(st.sampled_from("plus times over added negated".split()), st.integers(-6, 7)), max_size=6)


def built(steps: list[tuple[str, int]]) -> tuple[SizeFunction, list[int]]:
    """A function made step by step, and its values from 0 by the same steps on numbers; not one past the bounds."""
    try:
        return _built(steps)
    except TooLong:
        reject()


def _built(steps: list[tuple[str, int]]) -> tuple[SizeFunction, list[int]]:
    f, values = IDENTITY, list(range(UP_TO))
    for step, number in steps:
        if step == "plus":
            f, values = f.plus(number), [v + number for v in values]
        elif step == "times":
            f, values = f.times(number), [v * number for v in values]
        elif step == "over" and number:
            f, values = f.over(number), [v // number for v in values]
        elif step == "negated":
            f, values = f.times(-1), [-v for v in values]
        elif step == "added":
            other = quotient(2, number, 3)
            f, values = f.added(other), [v + (2 * n + number) // 3 for n, v in enumerate(values)]
    return f, values


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_a_function_has_the_values_of_its_steps(steps: list[tuple[str, int]]) -> None:
    """Whatever is added, multiplied and divided, the function is exact at every size."""
    f, values = built(steps)
    assert [f(n) for n in range(UP_TO)] == values


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_equal_functions_are_equal_values(steps: list[tuple[str, int]]) -> None:
    """A function has one form: that of a table of its values over two of its periods is the same."""
    f, _ = built(steps)
    assume(f.period <= 1000)
    assert tabled(2 * f.period, 2 * f.increment, f) == f
    assert (f.constant is not None) == (len({f(n) for n in range(UP_TO)}) == 1)


@settings(deadline=None, max_examples=40)
@given(STEPS, st.one_of(st.none(), st.integers(-60, 300)), st.one_of(st.none(), st.integers(-60, 300)))
def test_bounds_are_solved(steps: list[tuple[str, int]], low: int | None, high: int | None) -> None:
    """The sizes at which a function lies between two numbers are those that counting finds."""
    f, values = built(steps)
    found = between(f, low, high)
    for n in range(1, UP_TO):
        assert (n in found) == ((low is None or low <= values[n]) and (high is None or values[n] <= high))


SETS = st.builds(
    lambda steps, low, width: between(built(steps)[0], low, None if width is None else low + width),
    STEPS,
    st.integers(-20, 40),
    st.one_of(st.none(), st.integers(0, 30)),
)


@settings(deadline=None, max_examples=40)
@given(SETS, SETS)
def test_sets_are_combined(a: Sizes, b: Sizes) -> None:
    """Intersection, union, difference and complement hold at every size, and equal sets are equal values."""
    for n in range(1, 800):
        assert (n in (a & b)) == (n in a and n in b)
        assert (n in (a | b)) == (n in a or n in b)
        assert (n in (a - b)) == (n in a and n not in b)
        assert (n in ~a) == (n not in a)
    assert ~~a == a
    assert ~(~a | ~b) == a & b
    assert (a <= b) == (a | b == b)


@settings(deadline=None, max_examples=40)
@given(SETS, st.integers(1, 500))
def test_elements_are_found(found: Sizes, n: int) -> None:
    """The smallest and the nearest element, and the rows of neighbours, are those that counting finds."""
    end = found.start + found.period + n  # a set that has an element has one before its second period, `n` or later
    assume(end < 50_000)
    elements = [k for k in range(1, end) if k in found]
    assert [k for first, last in found.runs(end) for k in range(first, last + 1)] == elements
    assert bool(found) == bool(elements)
    if elements:
        assert found.smallest == elements[0]
        assert found.nearest(n) == min(elements, key=lambda k: abs(k - n))


BOXES = st.builds(
    lambda a, b: Region(2, ((a, b),) if a and b else ()),
    st.builds(lambda low, width: between(IDENTITY, low, low + width), st.integers(1, 6), st.integers(0, 4)),
    st.builds(lambda low, by: between(IDENTITY.over(by), low, None), st.integers(0, 3), st.integers(1, 3)),
)
POINTS = [(h, w) for h in range(1, 13) for w in range(1, 13)]


@settings(deadline=None, max_examples=40)
@given(st.lists(BOXES, max_size=4), st.lists(BOXES, max_size=4))
def test_regions_are_combined(these: list[Region], those: list[Region]) -> None:
    """Of regions made of boxes, too, all operations hold at every point, and merging loses none."""
    one, two = (sum_of(boxes) for boxes in (these, those))
    for point in POINTS:
        assert (point in (one & two)) == (point in one and point in two)
        assert (point in (one - two)) == (point in one and point not in two)
        assert (point in (one | two)) == (point in one or point in two)
        assert (point in one.merged()) == (point in one)
        assert (point in ~one) == (point not in one)
    assert (one | two).merged() == (two | one).merged()


def sum_of(boxes: list[Region]) -> Region:
    found = Region(2, ())
    for box in boxes:
        found |= box
    return found


@settings(deadline=None, max_examples=40)
@given(st.integers(-4, 4).filter(bool), st.integers(-9, 9), st.integers(-9, 90), st.integers(0, 60))
def test_products_are_solved(scale: int, offset: int, low: int, width: int) -> None:
    """A product of a height and a width lies between two numbers in a union of boxes: divisors, or a staircase."""
    tall, wide = IDENTITY.plus(2).over(3).plus(1), IDENTITY.over(2).plus(1)
    term = Product(scale, (Along(0, tall), Along(1, wide)), offset)
    found = {bounds: where(term, *bounds, 2) for bounds in ((low, low + width), (low, low), (low, None), (None, low))}
    for h, w in POINTS:
        value = scale * tall(h) * wide(w) + offset
        for (least, most), region in found.items():
            inside = (least is None or least <= value) and (most is None or value <= most)
            assert ((h, w) in region) == inside


def test_what_would_be_too_long_is_refused() -> None:
    """A table or a set past its bound raises, and takes no time before that."""
    with pytest.raises(TooLong):
        tabled(10**9, 1, int)
    with pytest.raises(TooLong):
        between(IDENTITY, 10**12, None)
    with pytest.raises(TooLong):
        where(Product(1, (Along(0, IDENTITY), Along(1, IDENTITY))), 10**12, 10**12, 2)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (ALL, "any"),
        (NONE, "none"),
        (between(IDENTITY, 32, None), "32 and up"),
        (between(IDENTITY, 28, 28), "28 only"),
        (between(IDENTITY, 20, 23), "20 to 23"),
        (between(IDENTITY, 4, 4) | between(IDENTITY, 6, 6) | between(IDENTITY, 8, None), "4, 6 and 8 and up"),
        (sizes(0, 1, 16, 1), "multiples of 16"),
        (sizes(0, 1, 16, 1) & between(IDENTITY, 30, None), "multiples of 16 from 32 up"),
        (sizes(0, 1, 2, 2) & between(IDENTITY, 6, None), "odd sizes from 7 up"),
        (sizes(0, 1, 2, 1), "even sizes"),
        (sizes(0, 1, 2, 1) | between(IDENTITY, 3, 3), "2 to 3 and even sizes from 4 up"),
        (sizes(0, 1, 3, 0b101), "sizes but those 1 more than a multiple of 3"),
        (sizes(0, 1, 4, 0b1110), "sizes but multiples of 4"),
        (sizes(0, 1, 8, 0b1010), "1 or 3 more than a multiple of 8"),
        (sizes(0, 1, 8, 0b11110), "1 to 4 more than a multiple of 8"),
        (sizes(0, 1, 8, 0b10) & between(IDENTITY, 5, None), "1 more than a multiple of 8 from 9 up"),
    ],
)
def test_sets_are_put_into_words(found: Sizes, words: str) -> None:
    """Common patterns read as a person would say them."""
    assert described(found) == words
