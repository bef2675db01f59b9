"""Globs over keys."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.engine.spec.pattern import Pattern

PARTS = st.text("ab*", min_size=1, max_size=5)
PATTERNS = st.lists(st.one_of(PARTS, st.just("**")), min_size=1, max_size=4).map(".".join)
KEYS = st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=5).map(".".join)


def regex(pattern: str) -> re.Pattern[str]:
    """The same language, said by Python's own engine; dots stand before the parts, so that none is special."""
    parts = [r"(?:\.[^.]+)*" if p == "**" else r"\." + p.replace("*", "[^.]*") for p in pattern.split(".")]
    return re.compile("".join(parts))


@given(pattern=PATTERNS, key=KEYS)
def test_it_matches_what_the_regular_expression_matches(pattern: str, key: str) -> None:
    """`*` is any characters of a part, `**` any number of parts."""
    made = Pattern.of(pattern)
    if made.fault:
        return
    assert made.matches(key) == bool(regex(pattern).fullmatch(f".{key}"))


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("fc", ["fc"], ["fc1", "head.fc"]),
        ("layer*.0.conv2", ["layer1.0.conv2", "layer.0.conv2"], ["layer1.1.conv2", "layer1.0.0.conv2"]),
        ("features.**", ["features.0", "features.0.block.1", "features"], ["feature.0"]),
        ("**.bn2", ["bn2", "layer1.0.bn2"], ["layer1.bn2.0"]),
        ("a.**.z", ["a.z", "a.b.c.z"], ["a.b", "z"]),
        ("*", ["0", "fc"], ["a.b"]),
        ("block1-[0]", ["block1-[0]"], ["block1-0"]),
    ],
)
def test_patterns(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    """All but the stars stands for itself."""
    made = Pattern.of(pattern)
    assert not made.fault
    assert all(map(made.matches, fits))
    assert not any(map(made.matches, fits_not))


@pytest.mark.parametrize("pattern", ["", ".a", "a.", "a..b", "**a", "a.b**", "***"])
def test_what_can_match_nothing_has_a_fault(pattern: str) -> None:
    """Empty parts and half stars are refused in words."""
    assert Pattern.of(pattern).fault


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("clasifier", "classifier"),
        ("layer*.*.cnv1", "layer*.*.conv1"),
        ("layer1.0.conv1.weight", None),
        ("**.cnv1", "**.conv1"),
        ("layr1.*", "layer1.**"),
        ("quite.another", None),
    ],
)
def test_the_near_pattern_differs_in_one_part(pattern: str, meant: str | None) -> None:
    """What is offered matches a key; what lies below counts where nothing fits otherwise."""
    near = Pattern.of(pattern).near(["layer1.0.conv1", "layer1.0.bn1", "layer2.0.conv1", "classifier"])
    assert (str(near) if near else None) == meant


def test_stars_cost_no_power() -> None:
    """A pattern of many stars is tried in steps that its length and the key's bound."""
    assert not Pattern.of("*a" * 400 + "b").matches("a" * 2_000)
    assert not Pattern.of("**.a." * 100 + "b").matches(".".join("a" * 400))
