"""Runs of several processes: one folder, one end, and one way on, whoever of them is asked to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from safetensors.torch import load_file

from cnnspec import OutputError, load
from cnnspec.cli.app import main
from cnnspec.cli.output import console
from cnnspec.engine.recipe import load_recipe
from cnnspec.pytorch.train import Stop, Stopped, resume, train
from cnnspec.rank import rank
from tests.torture.many import TORCHRUN
from tests.torture.runs import outcome, recipe, undisturbed, write_spec
from tests.train.conftest import Notes
from tests.train.many.forked import LOST, forked

SYNCED = """\
cnnspec: 1
name: synced
input: [1, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3, bias: false}
  - BatchNorm2d
  - ReLU
  - Flatten
  - Linear: {out_features: 10}
"""
FLAGS = ("--data", "digits", "--batch-size", "100", "--epochs", "2", "--device", "cpu", "--threads", "1")
SETTINGS = {"batch_size": 100, "epochs": 2, "sync_batchnorm": True, "device": "cpu", "threads": 1}
ROUNDING = 1e-4  # of losses and weights, as a share of them


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network and a recipe with everything that has a state: each process has numbers of its own."""
    path = write_spec(tmp_path_factory.mktemp("spec"))
    undisturbed(path, path.parent / "imported", epochs=1)  # all that is imported late, before the forks
    return path


@pytest.fixture(scope="module")
def whole(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes come to undisturbed."""
    folder = tmp_path_factory.mktemp("whole")
    forked(folder, 2, lambda: train(load(spec), recipe(spec), folder / "run").folder)
    return folder / "run"


class StopAt(Stop):
    """A signal to one process, at its Nth step or measured batch."""

    def __init__(self, turn: int, heard_by: int = 0) -> None:
        super().__init__()
        self.turn = turn if rank() == heard_by else 0

    def check(self, due: bool = False) -> bool:
        self.turn -= 1
        self.number = signal.SIGTERM if self.turn == 0 else self.number
        return super().check(due)


def test_a_signal_to_one_process_ends_all_and_they_go_on_to_the_same_bits(
    spec: Path, whole: Path, tmp_path: Path
) -> None:
    """In the middle of an epoch; dropout, augmentation and mixtures of each process go on where they stood."""
    run = tmp_path / "run"
    ended = forked(tmp_path, 2, lambda: train(load(spec), recipe(spec), run, stop=StopAt(7, heard_by=1)))
    assert [type(end) for end in ended] == [Stopped, Stopped]
    assert not (run / "result.json").exists()
    forked(tmp_path, 2, lambda: resume(run).folder)
    assert outcome(run) == outcome(whole)


def test_a_process_that_ends_without_a_word_ends_the_others(spec: Path, whole: Path, tmp_path: Path) -> None:
    """They say so, and what was saved goes on to the same bits."""

    class Dies(StopAt):
        def check(self, due: bool = False) -> bool:
            if rank() == 1 and self.turn < -29:
                os._exit(LOST)
            return super().check(due)

    left, gone = forked(tmp_path, 2, lambda: train(load(spec), recipe(spec), tmp_path / "run", stop=Dies(0)).folder)
    assert gone is None
    assert isinstance(left, OutputError)
    assert "another process of this run has ended" in str(left)
    forked(tmp_path, 2, lambda: resume(tmp_path / "run").folder)
    assert outcome(tmp_path / "run") == outcome(whole)


def test_errors_of_the_writer_are_those_of_all(spec: Path, whole: Path, tmp_path: Path) -> None:
    """A folder that is occupied, or a run that is another's; one of the processes tells it."""
    errors = forked(tmp_path, 2, lambda: train(load(spec), recipe(spec), whole).folder)
    assert [str(error) for error in errors] == [f"{whole} holds a run; nothing is overwritten\n{OTHER}"] * 2
    assert sorted(error.told for error in errors) == [False, True]  # type: ignore[attr-defined]


OTHER = "name another folder with --out"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Trains the network with BatchNorm over all processes in as many processes as there are."""
    path = tmp_path_factory.mktemp("one") / "synced.yaml"
    path.write_text(SYNCED)
    chosen = load_recipe().model_copy(update=SETTINGS)
    return lambda run, **given: train(load(path), chosen, run, **given).folder


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_a_run_goes_on_with_another_number_of_processes(
    one: Callable[..., Any], tmp_path: Path, before: int, after: int
) -> None:
    """The images keep their order, and the curve is that of a run undisturbed, but for rounding; that is said."""
    whole, run, notes = one(tmp_path / "whole"), tmp_path / "run", Notes()
    forked(tmp_path, before, lambda: one(run, stop=StopAt(5)))

    def going_on() -> list[str]:
        resume(run, notes)
        return notes.notes

    said = forked(tmp_path, after, going_on)[0]
    assert any(f"{run} was saved by {before} process" in note for note in said)
    assert_alike(run, whole)


def rows(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def assert_alike(run: Path, whole: Path) -> None:
    """The same losses and weights but for rounding, the same hits, the same keys."""
    for ours, theirs in zip(rows(run), rows(whole), strict=True):
        for name in ("train_loss", "val_loss"):
            assert ours[name] == pytest.approx(theirs[name], rel=ROUNDING)
        for name in ("train_accuracy", "val_accuracy"):
            assert ours[name] == theirs[name]
    found, expected = (load_file(each / "weights.safetensors") for each in (run, whole))
    assert list(found) == list(expected)
    assert all(torch.allclose(found[key], expected[key], rtol=ROUNDING, atol=ROUNDING) for key in found)
    results = [json.loads((each / "result.json").read_text()) for each in (run, whole)]
    assert results[0]["test_accuracy"] == results[1]["test_accuracy"]
    assert results[0]["test_images"] == results[1]["test_images"]


def test_torchrun_gives_the_curve_of_one_process(tmp_path: Path) -> None:
    """LeNet on digits, to 1e-4 of its losses and weights; one process writes and prints."""
    single, double = tmp_path / "one", tmp_path / "two"
    train(load("mnist/lenet"), load_recipe().model_copy(update={**SETTINGS, "sync_batchnorm": False}), single)
    command = [*TORCHRUN, "-m", "cnnspec", "train", "mnist/lenet", *FLAGS, "--out", str(double)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert_alike(double, single)
    assert "cpu · 2 processes" in done.stdout
    assert [done.stdout.count(words) for words in ("epoch 1/2", "the run is in", "test accuracy")] == [1, 1, 1]
    assert not (double / "lock").exists()


def test_a_mistake_is_told_once(tmp_path: Path) -> None:
    """Though every process finds it, before they meet or after."""
    for number, (wrong, message) in enumerate(
        [("--epochs", "`epochs`"), ("--batch-size", "a batch of 1 image cannot")]
    ):
        given = ("train", "mnist/lenet", *FLAGS, wrong, str(number), "--out", str(tmp_path / "run"))
        codes = forked(tmp_path, 2, lambda given=given: ended(given, tmp_path))  # type: ignore[misc]
        told = [path.read_text() for path in (tmp_path / f"{rank}.said" for rank in range(2))]
        assert codes == [2, 2]
        assert "".join(told).count("error: ") == 1, told
        assert message in "".join(told)


def ended(given: tuple[str, ...], folder: Path) -> object:
    """The exit code of a command, and in a file what it says on standard error."""
    with (folder / f"{rank()}.said").open("w") as said, redirect_stderr(said), patch.object(sys, "argv", ["", *given]):
        console.cache_clear()
        try:
            main()
        except SystemExit as end:
            return end.code
    return 0
