"""Plain scalars mean what YAML 1.2's core schema says."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.engine.syntax.scalars import ScalarError, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("true", True), ("False", False), ("null", None), ("~", None),
        ("", None), ("010", 10), ("0o10", 8), ("0xff", 255), ("-3", -3), ("+3", 3), ("1e-3", 1e-3), (".5", 0.5),
        ("5.", 5.0), ("1_000", "1_000"), ("1:30", "1:30"), ("2026-11-23", "2026-11-23"), ("1.2.3", "1.2.3"),
        ("-", "-"), ("e3", "e3"), ("0x", "0x"),
    ],
)  # fmt: skip
def test_core_schema(text: str, value: object) -> None:
    """`no` is a text, `010` is 10 and `1e-3` a number."""
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan", ".NaN", "1e999", "9" * 41, "1" + "0" * 10_000])
def test_numbers_are_bounded(text: str) -> None:
    """Infinities, nan and numbers of very many digits stand for nothing."""
    with pytest.raises(ScalarError):
        resolve(text)


@given(st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_come_back(number: float) -> None:
    """A number that Python writes is read as that number."""
    assert resolve(repr(number)) == number


@given(st.from_regex(r"[a-zA-Z0-9.+_-]{1,12}", fullmatch=True))
def test_agrees_with_pyyaml_where_the_versions_of_yaml_agree(text: str) -> None:
    """What both take for a whole number without a leading zero is the same number."""
    try:
        theirs = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    plain_decimal = text.lstrip("+-").isdigit() and not text.lstrip("+-").startswith("0")
    if type(theirs) is int and plain_decimal:
        assert resolve(text) == theirs
