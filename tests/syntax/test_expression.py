"""Expressions: their values are Python's where Python has the same syntax, and their errors have places."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.engine.layers import Shape
from cnnspec.engine.syntax import ExpressionError, LayerName, Silent, template

ENV: dict[str, Any] = {
    "a": 4,
    "b": (1, 2, 3),
    "flag": True,
    "name": "x",
    "act": LayerName("ReLU"),
    "none": None,
    "f": 0.5,
}


def value(text: str) -> Any:
    found = template(text)
    assert found is not None
    return found.evaluate(ENV, lambda: Shape((16, 8, 6)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$a", 4), ("$(a)", 4), ("$(a * 2 + 1)", 9), ("$(-a + 1)", -3), ("$(a - 1 - 1)", 2), ("$(7 // 2 * 2)", 6),
        ("$(7 % 4)", 3), ("$(7 / 2)", 3.5), ("$(b[0])", 1), ("$(b[-1])", 3), ("$(b[1:])", (2, 3)), ("$(b[:2])", (1, 2)),
        ("$(b + [4])", (1, 2, 3, 4)), ("$(len(b))", 3), ("$(sum(b[:2]))", 3), ("$(max(b))", 3), ("$(min(a, 2))", 2),
        ("$(1 if flag else 2)", 1), ("$(1 if a > 9 else 2 if flag else 3)", 2), ("$(not flag or a == 4)", True),
        ("$(not a == 5)", True), ("$(a < 5 and a >= 4)", True), ("$(in.channels)", 16), ("$(in.height)", 8),
        ("$(in.width)", 6), ("$(in.features)", 6), ("$(act == ReLU_NAME)", None), ("$(none == null)", True),
        ("layer$(a + 1)", "layer5"), ("$name-$a", "x-4"), ("$$a", "$a"), ("$(round(2.5))", 2), ("$(ceil(a * 0.9))", 4),
        ("$(floor(3.9))", 3), ("$(sqrt(a * a))", 4.0), ("$(make_divisible(a * 5.5))", 24), ("$(act == 'ReLU')", True),
        ("$(name == \"x\")", True), ("$(a ** 2)", 16), ("$(2 ** 3 ** 2)", 512), ("$(-a ** 2)", -16),
        ("$(2 ** -1)", 0.5), ("$(b[0] ** a + 1)", 2), ("$(range(3))", (0, 1, 2)), ("$(range(2, 9, 3))", (2, 5, 8)),
        ("$(name + 'y' + str(a))", "xy4"), ("$(len('abc'))", 3),
        ("$(1e-3)", 1e-3), ("$(true == 1)", False), ("$([a, 2])", (4, 2)), ("$((1 + 2) * 3)", 9),
    ],
)  # fmt: skip
def test_values(text: str, expected: object) -> None:
    """An expression alone keeps its type; inside a text it is written out."""
    if "ReLU_NAME" in text:
        with pytest.raises(ExpressionError, match="is not defined here"):
            value(text)
        return
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("$(a +)", "bad-expression", (5, 6)),
        ("$(a", "bad-expression", (0, 3)),
        ("$(open(a))", "call-in-expression", (2, 6)),
        ("$(a.b)", "bad-expression", (3, 5)),
        ("$(a ** 99)", "number-out-of-bounds", (2, 9)),
        ("$(a ** 9999999)", "number-out-of-bounds", (2, 14)),
        ("$(0 ** -a)", "bad-expression", (2, 9)),
        ("$((-a) ** 0.5)", "bad-expression", (2, 13)),
        ("$(range(99999))", "number-out-of-bounds", (2, 14)),
        ("$(range(0.5))", "bad-expression", (2, 12)),
        ("$(str(b))", "bad-expression", (2, 8)),
        ("$(name + a)", "bad-expression", (2, 6)),
        ("$(9 + missing)", "unknown-name", (6, 13)),
        ("$(b[7])", "bad-expression", (2, 6)),
        ("$(a / 0)", "bad-expression", (2, 7)),
        ("$(a and flag)", "bad-expression", (2, 3)),
        ("$(flag + 1)", "bad-expression", (2, 6)),
        ("$(1 < a < 9)", "bad-expression", (8, 9)),
        ("$(in.depth)", "bad-expression", (5, 10)),
        ("$(9007199254740992 * 9)", "number-out-of-bounds", (2, 22)),
        ("$(" + "(" * 60 + "a" + ")" * 60 + ")", "bad-expression", None),
        ("$(" + "-" * 900 + "a)", "bad-expression", None),
        ("$(a" + "[0]" * 600 + ")", "bad-expression", None),
        ("$(1" + " + 1" * 450 + ")", "bad-expression", None),
        ("$(" + "a" * 3000 + ")", "expression-too-large", None),
        ("$(len(a))", "bad-expression", (2, 8)),
        ("$(min())", "bad-expression", (2, 7)),
        ("$(round(15, -99999999))", "bad-expression", None),
        ("$(max(name))", "bad-expression", (2, 11)),
        ("x$(b)", "bad-expression", (3, 4)),
    ],
)  # fmt: skip
def test_mistakes_have_places(text: str, code: str, at: tuple[int, int] | None) -> None:
    """What is wrong is pointed at inside the expression, and nothing overflows."""
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert caught.value.code == code
    if at:
        assert (caught.value.start, caught.value.end) == at


def test_unknown_shape_is_silent() -> None:
    """An expression that needs a shape which an error left unknown has no value and no message."""

    def unknown() -> Shape:
        raise Silent

    found = template("$(in.channels * 2)")
    assert found is not None
    with pytest.raises(Silent):
        found.evaluate({}, unknown)


NUMBERS = st.one_of(st.integers(0, 99).map(str), st.sampled_from(["a", "f", "0.25"]))
ARITHMETIC = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["** 2", "** 0", "** -1 ** 2"])).map(" ".join),
        inner.map(lambda e: f"({e})"),
        inner.map(lambda e: f"-{e}"),
    ),
    max_leaves=8,
)


@given(ARITHMETIC)
def test_arithmetic_is_pythons(text: str) -> None:
    """Precedence and results of arithmetic are those of Python."""
    try:
        expected = eval(text, {}, ENV)
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="division by zero"):
            value(f"$({text})")
        return
    assert math.isclose(value(f"$({text})"), expected, rel_tol=1e-12, abs_tol=1e-12)


LOGIC = st.recursive(
    st.sampled_from(["flag", "True", "False", "a > 3", "a == 5", "f <= 0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
        inner.map(lambda e: f"({e})"),
        inner.map(lambda e: f"not {e}"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
    ),
    max_leaves=8,
)


@given(LOGIC)
def test_logic_is_pythons(text: str) -> None:
    """Precedence and results of `and`, `or`, `not` and `if` are those of Python."""
    ours = text.replace("True", "true").replace("False", "false")
    assert value(f"$({ours})") == eval(text, {}, ENV)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in another way than with an ExpressionError."""
    try:
        found = template(f"$({text})")
        assert found is not None
        found.evaluate(ENV, lambda: Shape((1, 2, 3)))
    except ExpressionError as error:
        place = (error.start, error.end)
    else:
        place = (0, 0)
    assert 0 <= place[0] <= place[1] <= len(text) + 3


def test_nested_lists_are_bounded_together() -> None:
    """A list of lists of lists has no more elements than a list may have, those that are shared included."""
    env: dict[str, Any] = {"a": tuple(range(9))}
    for _ in range(3):
        found = template("$([a, a, a, a, a, a, a, a, a])")
        assert found is not None
        env = {"a": found.evaluate(env)}
    with pytest.raises(ExpressionError, match="longer than"):
        found.evaluate(env)


@pytest.mark.parametrize("sign", ["/", "//", "%"])
def test_every_division_by_zero_is_told(sign: str) -> None:
    """All three ways to divide refuse zero, be it whole or not."""
    for zero in ("0", "0.0"):
        with pytest.raises(ExpressionError, match="division by zero"):
            value(f"$(3 {sign} {zero})")


@pytest.mark.parametrize("index", [3, -4])
def test_an_index_past_the_ends_is_told(index: int) -> None:
    """A list of three has no fourth element, from either end."""
    with pytest.raises(ExpressionError, match=f"index {index} is outside a list of 3"):
        value(f"$([1, 2, 3][{index}])")
