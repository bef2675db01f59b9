"""Each verdict of each rule, on figures that are made up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.reproduction import curves, rules
from benchmarks.reproduction.rules import Verdict

FLAT, DIVERGED = (0.112, 0.113, 0.112, 0.112, 0.112, 0.112), ()
GOOD = (0.95, 0.97, 0.98, 0.982, 0.984, 0.985)
QUICK = (0.97, 0.981, 0.985, 0.986, 0.987, 0.988)
SLOW = (0.6, 0.7, 0.78, 0.84, 0.88, 0.905)
SHAKY = (0.9, 0.97, 0.93, 0.98, 0.94, 0.98)
SMOOTH_LATE = (0.4, 0.9, 0.95, 0.97, 0.971, 0.972)  # a steep rise, and hardly a change after it
TOGETHER = {"alexnet": [0.992, 0.993], "lenet": [0.989, 0.990], "vgg16": [0.991, 0.9925]}

CASES: list[tuple[Callable[..., Verdict], tuple[Any, ...], str]] = [
    (rules.never_trains, ({0.1: [FLAT, DIVERGED]},), "confirmed"),
    (rules.never_trains, ({0.1: [FLAT], 0.03: [GOOD, SLOW]},), "refuted"),
    (rules.never_trains, ({0.1: [FLAT, GOOD]},), "undecided"),
    (rules.never_trains, ({},), "undecided"),
    (rules.never_trains, ({0.1: []},), "undecided"),
    (rules.trains, ({0.01: [FLAT, GOOD], 0.001: [GOOD, SLOW]},), "confirmed"),
    (rules.trains, ({0.01: [FLAT, GOOD], 0.001: [FLAT]},), "undecided"),
    (rules.learns_slowly, ({1e-5: [SLOW], 1e-4: [GOOD], 0.1: [FLAT]}, 1e-5), "confirmed"),
    (rules.learns_slowly, ({1e-5: [QUICK], 1e-4: [SLOW], 0.001: [GOOD]}, 1e-5), "refuted"),
    (rules.learns_slowly, ({1e-5: [SLOW], 1e-4: [SLOW[:5]], 0.001: [GOOD]}, 1e-5), "undecided"),
    (rules.learns_slowly, ({1e-5: [FLAT], 1e-4: [GOOD]}, 1e-5), "undecided"),
    (rules.learns_slowly, ({1e-5: [SLOW], 0.1: [FLAT]}, 1e-5), "undecided"),
    (rules.steadiest, ({0.001: [QUICK], 0.01: [SHAKY], 1e-4: [SLOW], 0.1: [FLAT]}, 0.001), "confirmed"),
    (rules.steadiest, ({0.001: [SHAKY], 0.01: [QUICK]}, 0.001), "refuted"),
    (rules.steadiest, ({0.001: [SHAKY], 0.01: [SMOOTH_LATE]}, 0.001), "undecided"),
    (rules.steadiest, ({0.001: [GOOD], 1e-5: [SLOW]}, 0.001), "undecided"),  # what hardly learns is no rival
    (rules.steadiest, ({0.001: [GOOD[:2]], 0.01: [SHAKY[:2]]}, 0.001), "undecided"),
    (rules.fluctuates_more, ({0.1: [SHAKY], 0.001: [GOOD]}, 0.1, 0.001), "confirmed"),
    (rules.fluctuates_more, ({0.1: [GOOD], 0.001: [SHAKY]}, 0.1, 0.001), "refuted"),
    (rules.fluctuates_more, ({0.1: [SMOOTH_LATE], 0.001: [SLOW]}, 0.1, 0.001), "undecided"),
    (rules.fluctuates_more, ({0.1: [DIVERGED], 0.001: [SLOW]}, 0.1, 0.001), "undecided"),
    (rules.fluctuates_more, ({0.1: [SHAKY, GOOD], 0.001: [GOOD, QUICK]}, 0.1, 0.001), "undecided"),  # one seed of two
    (rules.better, ([0.990, 0.991], [0.985, 0.986], ("a", "b")), "confirmed"),
    (rules.better, ([0.985, 0.986], [0.990, 0.991], ("a", "b")), "refuted"),
    (rules.better, ([0.980, 0.991], [0.979, 0.985], ("a", "b")), "undecided"),
    (rules.better, ([0.99], [0.5, 0.5], ("a", "b")), "undecided"),
    (rules.learns_fast, ({0.001: [QUICK, QUICK], 0.0005: [QUICK]},), "confirmed"),
    (rules.learns_fast, ({0.001: [QUICK, QUICK], 0.0005: [SLOW, GOOD]},), "refuted"),
    (rules.learns_fast, ({0.001: [QUICK, SLOW], 0.0005: [QUICK]},), "undecided"),
    (rules.learns_fast, ({0.001: [GOOD[:1]]},), "refuted"),  # it had one epoch
    (rules.hardly_matters, ({0.001: [0.99, 0.988, 0.991], 0.0005: [0.99, 0.99]},), "confirmed"),
    (rules.hardly_matters, ({0.001: [0.99, 0.98], 0.0005: [0.97, 0.99]},), "refuted"),
    (rules.hardly_matters, ({0.001: [0.99, 0.98], 0.0005: [0.99, 0.99]},), "undecided"),
    (rules.hardly_matters, ({0.001: [0.99]},), "undecided"),
    (rules.sometimes_fails, ({0.001: [FLAT, FLAT], 0.0005: [FLAT, GOOD]},), "confirmed"),
    (rules.sometimes_fails, ({0.001: [FLAT, GOOD], 0.0005: []},), "confirmed"),
    (rules.sometimes_fails, ({0.001: [GOOD] * 5, 0.0005: []},), "undecided"),
    (rules.sometimes_fails, ({0.001: [GOOD] * 5, 0.0005: [SLOW] * 5},), "refuted"),
    (rules.sometimes_fails, ({0.001: [GOOD] * 4},), "undecided"),
    (rules.sometimes_fails, ({0.001: [FLAT] * 5, 0.0005: [GOOD] * 5},), "undecided"),  # it is the rate
    (rules.slower, ([(0.97, 0.98), (0.96, 0.972), (0.95, 0.961)],), "confirmed"),
    (rules.slower, ([(0.98, 0.97), (0.972, 0.96)],), "refuted"),
    (rules.slower, ([(0.97, 0.98), (0.98, 0.972)],), "undecided"),
    (rules.slower, ([(0.97, 0.98)],), "undecided"),
    (rules.good_everywhere, ({0.1: [GOOD], 1e-5: [QUICK, GOOD]},), "confirmed"),
    (rules.good_everywhere, ({0.1: [GOOD], 1e-5: [SLOW, DIVERGED]},), "refuted"),
    (rules.good_everywhere, ({0.1: [GOOD], 1e-5: [QUICK, SLOW]},), "undecided"),
    (rules.slower_than, ({1e-5: [SLOW], 0.001: [GOOD]}, 1e-5, 0.001), "confirmed"),
    (rules.slower_than, ({1e-5: [QUICK], 0.001: [GOOD]}, 1e-5, 0.001), "refuted"),
    (rules.slower_than, ({1e-5: [SLOW], 0.001: [SLOW]}, 1e-5, 0.001), "undecided"),
    (rules.close_together, (TOGETHER,), "confirmed"),
    (rules.close_together, ({**TOGETHER, "resnet18": [0.979, 0.98]},), "refuted"),
    (rules.close_together, ({**TOGETHER, "resnet18": [0.999, 0.95]},), "undecided"),
    (rules.close_together, ({**TOGETHER, "resnet18": [0.99]},), "undecided"),
    (rules.best_of, ({**TOGETHER, "vgg16": [0.98, 0.98]}, "alexnet"), "confirmed"),
    (rules.best_of, ({**TOGETHER, "vgg16": [0.995, 0.996]}, "alexnet"), "refuted"),
    (rules.best_of, (TOGETHER, "alexnet"), "undecided"),
    (rules.brings_nothing, (TOGETHER, ("vgg16",)), "confirmed"),
    (rules.brings_nothing, ({**TOGETHER, "vgg16": [0.995, 0.996]}, ("vgg16",)), "refuted"),
    (rules.brings_nothing, ({**TOGETHER, "vgg16": [0.990, 0.996]}, ("vgg16",)), "undecided"),
    (rules.brings_nothing, (TOGETHER, ("vgg16", "googlenet")), "undecided"),
]


@pytest.mark.parametrize(("rule", "figures", "word"), CASES, ids=[f"{rule.__name__}-{word}" for rule, _, word in CASES])
def test_verdicts_follow_from_figures(rule: Callable[..., Verdict], figures: tuple[Any, ...], word: str) -> None:
    """A rule gives the verdict that its text says, and what it went by."""
    verdict = rule(*figures)
    assert verdict.word == word
    assert verdict.because


def test_every_rule_reaches_every_verdict() -> None:
    """All three of them; only that something trains is never refuted, for epochs may lack."""
    reached = {rule: {word for other, _, word in CASES if other is rule} for rule, _, _ in CASES}
    assert reached.pop(rules.trains) == {"confirmed", "undecided"}
    assert set(map(frozenset, reached.values())) == {frozenset({"confirmed", "refuted", "undecided"})}


def test_a_finding_is_as_its_claims_are() -> None:
    """Confirmed if all of them are, refuted if one of them is."""
    yes, no, open_ = (Verdict(word, "") for word in ("confirmed", "refuted", "undecided"))
    assert rules.overall([yes, yes]) == "confirmed"
    assert rules.overall([yes, open_, no]) == "refuted"
    assert rules.overall([yes, open_]) == "undecided"


def test_what_a_curve_says() -> None:
    """By hand: changes of 0.1, −0.1 and 0.1 have a standard deviation of 0.2 / √3."""
    assert curves.fluctuation((0.8, 0.9, 0.8, 0.9)) == pytest.approx(0.2 / 3**0.5)
    assert curves.fluctuation((0.8, 0.9)) is None
    assert curves.late((1, 2, 3, 4, 5)) == (3, 4, 5)
    assert [curves.reaches(GOOD, level) for level in (0.9, 0.98, 0.99)] == [1, 3, 7]
    assert (curves.is_trained(SLOW), curves.is_trained(FLAT), curves.is_trained(DIVERGED)) == (True, False, False)
    assert not curves.is_at_chance((0.3, 0.112))


def test_groups_are_apart_where_their_intervals_are() -> None:
    """Means of 1 and 2 with standard deviations of 0.71 each are not; with 0.14 each they are."""
    assert not curves.is_above([1.5, 2.5], [0.5, 1.5])
    assert curves.is_above([1.9, 2.1], [0.9, 1.1])
