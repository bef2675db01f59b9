"""The events of a run, read back by TensorBoard's own reader."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cnnspec.pytorch.evaluate import tensorboard
from tests.cli.runner import run
from tests.train.conftest import SMALL


@pytest.mark.parametrize("validation", ["0.1", "0"])
def test_the_curves_are_those_of_the_metrics(tmp_path: Path, validation: str) -> None:
    """A point an epoch on each curve, with the values of metrics.jsonl; none where nothing is held back."""
    (tmp_path / "small.yaml").write_text(SMALL)
    arguments = ["--epochs", "2", "--batch-size", "500", "--validation", validation, "--tensorboard"]
    done = run("train", str(tmp_path / "small.yaml"), *arguments, "--out", str(tmp_path / "run"))
    assert done.exit_code == 0, done.stderr
    assert "epoch 2/2" in done.stdout
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    curves = {"loss/training": "train_loss", "loss/validation": "val_loss", "accuracy/training": "train_accuracy"}
    for name, key in curves.items():
        expected = [(row["epoch"], pytest.approx(row[key])) for row in rows if row[key] is not None]
        found = events.Scalars(name) if expected else []
        assert [(event.step, event.value) for event in found] == expected
    assert ("loss/validation" in events.Tags()["scalars"]) == (validation != "0")


def test_without_the_package_it_is_refused_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says how to install it; no folder is made."""
    (tmp_path / "small.yaml").write_text(SMALL)
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None)
    assert importlib.util.find_spec("tensorboard")
    done = run("train", str(tmp_path / "small.yaml"), "--tensorboard", "--out", str(tmp_path / "run"))
    assert done.exit_code == 2
    assert "pip install 'cnnspec[tensorboard]'" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_moved_ends_with_7(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The events have nowhere to go, and neither has the run; nothing of TensorBoard's own threads is shown."""
    (tmp_path / "small.yaml").write_text(SMALL)
    monkeypatch.setattr(
        "cnnspec.cli.progress.ProgressLines.epoch", lambda *_: (tmp_path / "run").rename(tmp_path / "moved")
    )
    arguments = ["--epochs", "2", "--batch-size", "500", "--tensorboard", "--out", str(tmp_path / "run")]
    done = run("train", str(tmp_path / "small.yaml"), *arguments)
    assert (done.exit_code, "was moved or deleted" in done.stderr) == (7, True)
