"""Every figure that training reports is that of a few lines of torch; `make figures` compares many more."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from cnnspec import build, load
from cnnspec.pytorch.data.dataset import Dataset, InMemory
from cnnspec.pytorch.evaluate import evaluate
from cnnspec.pytorch.report import compare, tables
from cnnspec.pytorch.train import Recipe, train
from cnnspec.pytorch.train import prepare as preparing
from cnnspec.pytorch.train.run_files import load_weights
from cnnspec.pytorch.train.watch import Figures, Metrics
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


def test_speed_and_shares_are_of_the_images() -> None:
    """Images over seconds, and hits over images."""
    row = Metrics.of(3, Figures(0.5, 30, 120, 4.0), Figures(0.25, 9, 12, 100.0))
    assert (row.epoch, row.images_per_s, row.seconds) == (3, 30.0, 4.0)
    assert (row.train_accuracy, row.val_accuracy, row.train_loss, row.val_loss) == (0.25, 0.75, 0.5, 0.25)


NET = "cnnspec: 1\nname: net\ninput: [1, 4, 4]\nlayers:\n  - Flatten\n  - Linear: {out_features: 4}\n"
WEIGHT, SMOOTHING = [9.0, 1.0, 0.5, 2.0], 0.2


def part(counts: list[int], seed: int) -> InMemory:
    """Images of noise, so many of each class."""
    labels = torch.repeat_interleave(torch.arange(4), torch.tensor(counts))
    source = np.random.RandomState(seed)
    pixels = source.randint(0, 256, (len(labels), 1, 4, 4)) // (1 + labels.numpy())[:, None, None, None]
    return InMemory(torch.from_numpy(pixels.astype(np.uint8)), labels)


def loss_of(logits: Tensor, labels: Tensor) -> float:
    """The weighted and smoothed cross-entropy of all images at once, by the formula."""
    logs = logits.double().log_softmax(1)
    weight = torch.tensor(WEIGHT, dtype=torch.float64)
    right = -weight[labels] * logs[torch.arange(len(labels)), labels]
    single = (1 - SMOOTHING) * right - SMOOTHING / 4 * (weight * logs).sum(1)
    return float(single.sum() / weight[labels].sum())


def test_a_run_its_evaluation_and_a_comparison_report_what_its_weights_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loss, accuracy, precision and recall of files, tables and JSON; a class that a part lacks has none."""
    data = Dataset("made", part([30, 9, 14, 7], 1), part([11, 5, 0, 3], 2), ("a", "b", "c", "d"))
    monkeypatch.setattr(preparing, "load_data", lambda *given: data)
    (tmp_path / "net.yaml").write_text(NET)
    loss = {"CrossEntropyLoss": {"weight": WEIGHT, "label_smoothing": SMOOTHING}}
    recipe = {"epochs": 2, "batch_size": 7, "loss": loss, "optimizer": {"Adam": {"lr": 0.05}}, "threads": 1}
    results = [train(load(tmp_path / "net.yaml"), Recipe.of(**recipe, seed=n), tmp_path / str(n)) for n in range(3)]
    accuracies, losses = [], []
    for result in results:
        evaluation = evaluate(result.folder)
        settings = json.loads((result.folder / "settings.json").read_text())["pixels"]
        model = build(load(result.folder / "spec.yaml")).eval()
        load_weights(result.folder, model)
        images, labels = data.test.images.double() / 255, data.test.labels
        with torch.inference_mode():
            logits = model(((images - settings["mean"][0]) / settings["std"][0]).float())
        hits = logits.argmax(1)
        confusion = [[int(((labels == i) & (hits == j)).sum()) for j in range(4)] for i in range(4)]
        written = json.loads((result.folder / "result.json").read_text())
        shown = evaluation.as_json()
        assert shown["confusion"] == confusion
        assert written["test_accuracy"] == shown["accuracy"] == sum(confusion[i][i] for i in range(4)) / 19
        assert written["test_loss"] == pytest.approx(loss_of(logits, labels), rel=1e-5) == pytest.approx(shown["loss"])
        for i, row in enumerate(shown["classes"]):
            predicted = sum(confusion[j][i] for j in range(4))
            assert row["images"] == [11, 5, 0, 3][i]
            assert row["recall"] == (None if i == 2 else confusion[i][i] / row["images"])
            assert row["precision"] == (confusion[i][i] / predicted if predicted else None)
        accuracies.append(100 * written["test_accuracy"])
        losses.append(written["test_loss"])
        rows = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text().splitlines()]
        assert [row["epoch"] for row in rows] == [1, 2]
        assert written["seconds"] == pytest.approx(sum(row["seconds"] for row in rows), abs=2e-3)
    row = tables.tested(compare([result.folder for result in results])).rows[0]
    assert row[1] == f"{np.mean(accuracies):.2f} ± {np.std(accuracies, ddof=1):.2f} %"
    assert row[4] == f"{np.mean(losses):.4f} ± {np.std(losses, ddof=1):.4f}"
