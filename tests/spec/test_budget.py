"""The figures of a budget, and its section."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source, UsageError
from cnnspec.engine.spec.budget import FigureError, amount
from cnnspec.engine.spec.budget import given as bounds

HEAD = "cnnspec: 1\ninput: [1, 8, 8]\nparams: {width: 1}\nvariants: {wide: {width: 9}}\n"
LAYERS = "layers:\n  - Conv2d: {out_channels: $width, kernel_size: 3}\n"


@pytest.mark.parametrize(
    ("name", "written", "number"),
    [
        ("max_params", "61706", 61_706),
        ("max_params", "61_706", 61_706),
        ("max_params", "12M", 12_000_000),
        ("max_params", "1.5k", 1_500),
        ("max_macs", "2G", 2 * 10**9),
        ("max_macs", "0.5 G", 5 * 10**8),
        ("max_memory", "2GB", 2 * 10**9),
        ("max_memory", "2GiB", 2 * 2**30),
        ("max_memory", "1.5MiB", 3 * 2**19),
        ("max_memory", "100 kB", 100_000),
        ("max_memory", "100 KB", 100_000),
        ("max_memory", "3KiB", 3072),
        ("max_memory", "4096", 4096),
        ("min_input", "32", 32),
    ],
)
def test_figures_and_their_units(name: str, written: str, number: int) -> None:
    """k, M and G are powers of ten, as are kB, MB and GB; KiB, MiB and GiB are powers of two."""
    assert amount(name, written) == number


@pytest.mark.parametrize("name", ["max_params", "max_macs"])
@given(whole=st.integers(0, 10**6), part=st.integers(0, 999), unit=st.sampled_from(["k", "M", "G"]))
def test_decimals_are_exact(name: str, whole: int, part: int, unit: str) -> None:
    """A figure with a point is no float: nothing is lost."""
    number = (whole + Fraction(part, 1000)) * {"k": 10**3, "M": 10**6, "G": 10**9}[unit]
    if number:
        assert amount(name, f"{whole}.{part:03}{unit}") == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "M",
        "-1M",
        "+1M",
        "1.5",
        "1e6",
        "0x10",
        "1 000",
        "1,000",
        "12 MM",
        "1__0",
        "9" * 30,
        "99999999999T",
        "1.0001k",
        "٣",
    ],
)
def test_what_is_no_figure(written: str) -> None:
    """Neither signs, exponents, separators, fractions of one, nor numbers past all bounds."""
    with pytest.raises(FigureError, match="takes a number of params"):
        amount("max_params", written)


@pytest.mark.parametrize(
    ("name", "written", "near"),
    [
        ("max_params", "1m", "did you mean `1M`?"),
        ("max_params", "2K", "did you mean `2k`?"),
        ("max_memory", "2G", "did you mean `2GB`?"),
        ("max_memory", "2gb", "did you mean `2GB`?"),
        ("max_params", "1B", ""),
        ("min_input", "1k", ""),
    ],
)
def test_a_near_unit_is_asked_for(name: str, written: str, near: str) -> None:
    """A unit in the wrong case, or one of the other kind."""
    with pytest.raises(FigureError) as caught:
        amount(name, written)
    assert caught.value.near == near


@pytest.mark.parametrize("values", [{"max_params": True}, {"max_params": 1.5}, {"max_params": 0}, {"max_parms": 1}])
def test_bounds_from_python_are_checked(values: dict[str, object]) -> None:
    """What is no bound is a UsageError."""
    with pytest.raises(UsageError):
        bounds(values)


@pytest.mark.parametrize(
    ("section", "code", "column", "said"),
    [
        ("budget: 12M", "wrong-type", 9, "`budget` must be a mapping, not 12M"),
        ("budget: {max_params: 1m}", "bad-budget", 22, "did you mean `1M`?"),
        ("budget: {max_params: 1.5}", "bad-budget", 22, "takes a number of params, for example 500k or 12M, not 1.5"),
        ("budget: {max_params: 0}", "bad-budget", 22, "is more than zero, not 0"),
        ("budget: {max_params: -5}", "bad-budget", 22, "not -5"),
        ("budget: {max_params: true}", "bad-budget", 22, "not true"),
        ("budget: {max_params: }", "bad-budget", 22, "not nothing"),
        ("budget: {max_params: [1]}", "bad-budget", 22, "not [1]"),
        ("budget: {max_params: $width}", "bad-budget", 22, "not $width"),
        ("budget: {max_parms: 1M}", "unknown-key", 10, "did you mean `max_params`?"),
        ("budget: {variants: {wid: {}}}", "unknown-name", 21, "did you mean `wide`?"),
        ("budget: {variants: {wide: 1M}}", "wrong-type", 27, "`wide` must be a mapping, not 1M"),
        ("budget: {variants: 3}", "wrong-type", 20, "`variants` must be a mapping, not 3"),
        ("budget: {variants: {wide: {variants: {}}}}", "unknown-key", 28, "unknown key `variants` in a budget"),
        ("budget: {max_params: 1M, max_params: 2M}", "duplicate-key", 26, "max_params"),
    ],
)
def test_mistakes_in_the_section_are_told_at_their_place(section: str, code: str, column: int, said: str) -> None:
    """The figure is named, with what stands there."""
    (found,) = check_source(Source("a.yaml", f"{HEAD}{section}\n{LAYERS}"))
    assert (found.code, found.span.line, found.span.column) == (code, 5, column)
    assert said in f"{found.message} {found.primary.text} {found.help}"


@pytest.mark.parametrize("section", ["budget:", "budget: {}", "budget: {variants: {wide: {}}}", "budget: {variants: }"])
def test_an_empty_section(section: str) -> None:
    """An empty mapping bounds nothing; a key with nothing behind it is a mistake."""
    found = check_source(Source("a.yaml", f"{HEAD}{section}\n{LAYERS}"))
    assert [d.code for d in found] == ([] if section.endswith("}") and "variants: }" not in section else ["wrong-type"])
