"""Every figure that training reports is that of a few lines of torch; `make figures` compares many more."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.train.figures import SCHEDULERS, Case, by_hand, check, differences, drawn, trained
from tests.train.many.forked import forked

WEIGHTED = ("CrossEntropyLoss", {"weight": [20.0, 1.0, 0.5], "label_smoothing": 0.1})
PLAIN = Case(
    images=23,
    held=14,
    classes=3,
    batch_size=5,
    accumulate=1,
    epochs=3,
    loss=WEIGHTED,
    optimizer=("SGD", {"lr": 0.1, "momentum": 0.9}),
    seed=5,
)


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_figures_are_those_of_a_plain_loop(first: int) -> None:
    """Losses, accuracies, rates, momenta, weights and the best epoch, of a run that was cut as of a whole one."""
    for seed in range(first, first + 10):
        source = random.Random(seed)
        case = drawn(source)
        cut = source.choice((None, source.randint(1, 4)))
        train = partial(trained, held_batch=source.randint(1, 30), cut=cut)
        assert check(case, train) == [], f"seed {seed}, cut {cut}: {case}"


@pytest.mark.parametrize("size", [1, 2, 3, 13, 14])
def test_the_validation_loss_does_not_depend_on_the_batch_size(size: int) -> None:
    """Σ weight × loss / Σ weight over all images, in batches of any size, with a part of a batch left over."""
    rows, expected = trained(PLAIN, held_batch=size).rows, by_hand(PLAIN).rows
    assert [row[2] for row in rows] == pytest.approx([row[2] for row in expected], rel=1e-5)


@pytest.mark.parametrize(("name", "per"), [(name, per) for name, (_, pers) in SCHEDULERS.items() for per in pers])
def test_each_scheduler_moves_as_torchs(name: str, per: str) -> None:
    """Once a step of the optimizer, of which accumulation makes fewer, or once an epoch.

    A run that goes on after the last step of an epoch moves as one that was not cut.
    """
    case = replace(PLAIN, scheduler=(name, SCHEDULERS[name][0], per), accumulate=3)
    theirs = by_hand(case)
    for cut in (None, 2):
        ours = trained(case, cut=cut)
        assert ours.rates == pytest.approx(theirs.rates, rel=1e-9)
        assert ours.momenta == pytest.approx(theirs.momenta, rel=1e-9)


def test_one_cycle_ends_with_the_run() -> None:
    """The last of the steps has nearly the lowest rate, where one step too many left 2 % of the highest."""
    rates = trained(replace(PLAIN, scheduler=("OneCycleLR", {}, "step"), epochs=4)).rates
    assert rates[-1] == pytest.approx(0.1 / 25 / 10_000)
    assert max(rates) > 0.09


def test_a_cycle_that_rises_to_the_end_is_trained() -> None:
    """torch itself divides by zero after the last step."""
    rates = trained(replace(PLAIN, scheduler=("OneCycleLR", {"pct_start": 1.0}, "step"))).rates
    assert rates[-1] == max(rates) == pytest.approx(0.1)


PROCESSES: list[tuple[int, dict[str, Any]]] = [
    (2, {"accumulate": 2, "scheduler": ("OneCycleLR", {}, "step"), "ema": 0.5}),
    (3, {"batch_size": 7, "loss": ("MultiMarginLoss", {"weight": [5.0, 1.0, 0.5], "p": 1, "margin": 1.0})}),
]


@pytest.mark.parametrize(("number", "changes"), PROCESSES)
def test_several_processes_report_the_same_figures(tmp_path: Path, number: int, changes: dict[str, Any]) -> None:
    """Those of a plain loop, in each of them."""
    case = replace(PLAIN, **changes)
    for ours in forked(tmp_path, number, lambda: trained(case)):
        assert list(differences(ours, by_hand(case))) == []
