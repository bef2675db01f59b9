"""Records that no run and no sweep has written: each is refused with its file and its field, and code 5."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cnnspec.pytorch.sweep import read_sweep
from cnnspec.pytorch.sweep.folder import Choice, PointRecord, write_choice, write_record
from cnnspec.pytorch.sweep.start import begin
from cnnspec.pytorch.train import Figures
from tests.cli.runner import run
from tests.report.made import Folders, held
from tests.sweep.conftest import SWEEP, planned
from tests.train.conftest import SMALL

RESULTS = {
    "test_images": (10**400, -10000, 0, 1.5, "9", True),
    "test_accuracy": (-0.1, 1.1, float("nan"), None),
    "test_loss": (float("inf"), "low", None),
    "threads": (0, -1),
    "seconds": (-1.0,),
    "epochs": (0,),
    "device": (3,),
}
ROWS = {
    "epoch": (0, -1, 2, 1.0),
    "train_loss": (float("inf"), None, "0"),
    "train_accuracy": (-0.5, 1.5),
    "val_loss": (float("nan"), None),
    "val_accuracy": (2,),
    "images_per_s": (-1,),
    "seconds": (-1.0,),
}
POINTS = {
    "number": (-1, 2),
    "objective": (float("nan"),),
    "params": (-5,),
    "reports": ([float("inf")],),
    "seconds": (-3.0,),
    "status": ("gone",),
}


def cases(values: Mapping[str, tuple[Any, ...]]) -> list[tuple[str, Any]]:
    return [(field, value) for field, each in values.items() for value in each]


def refused(folder: Path, file: str, field: str) -> None:
    """`compare` names the file and the field, and writes nothing."""
    done = run("compare", str(folder), "--out", str(folder.parent / "out"))
    assert (done.exit_code, done.stdout) == (5, "")
    assert f"{folder / file} is damaged: " in done.stderr
    assert field in done.stderr.partition(" is damaged: ")[2]


@pytest.mark.parametrize(("field", "value"), cases(RESULTS))
def test_impossible_results_are_refused(folders: Folders, field: str, value: Any) -> None:
    """Of the figures on the test part, and of what they were measured on."""
    folder = folders.run("run", held(100), correct=300)
    result = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps(result | {field: value}))
    refused(folder, "result.json", field)


@pytest.mark.parametrize(("field", "value"), cases(ROWS))
def test_impossible_epochs_are_refused(folders: Folders, field: str, value: Any) -> None:
    """Each line is an epoch, and lines are in the order of epochs."""
    folder = folders.run("run", held(100), correct=300)
    row = json.loads((folder / "metrics.jsonl").read_text())
    (folder / "metrics.jsonl").write_text(json.dumps(row | {field: value}))
    refused(folder, "metrics.jsonl", field)


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """A sweep of which one point is done and chosen."""
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    folder = tmp_path / "swept"
    planning = planned(tmp_path / "sweep.yaml")
    begin(folder, planning, "", {}, extend=False)
    values = dict(planning.points[0].values)
    write_record(folder, PointRecord(number=1, values=values, status="done", objective=0.5, reports=(0.5,)))
    write_choice(folder, Choice(chosen=(1,), tested={1: Figures(0.1, 9, 10, 1.0)}))
    return folder


def changed(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(("field", "value"), cases(POINTS))
def test_impossible_points_are_refused(swept: Path, field: str, value: Any) -> None:
    """What became of a point is what can become of one."""
    changed(swept / "points" / "0001.json", **{field: value})
    done = run("report", str(swept))
    assert done.exit_code == 5
    assert f"{swept / 'points' / '0001.json'} is damaged: {field}" in done.stderr


@pytest.mark.parametrize(
    ("file", "values", "said"),
    [
        ("chosen.json", {"chosen": [7]}, "chosen: the sweep has no point 7"),
        ("chosen.json", {"chosen": [-1]}, "chosen.0: "),
        (
            "chosen.json",
            {"tested": {"1": {"loss": 0.1, "correct": -9, "images": 10, "seconds": 1}}},
            "tested.1.correct",
        ),
        ("chosen.json", {"tested": {"1": {"loss": 0.1, "correct": 11, "images": 10, "seconds": 1}}}, "tested.1: "),
        ("chosen.json", {"tested": {"1": {"loss": 0.1, "correct": 0, "images": 0, "seconds": 1}}}, "tested.1.images"),
        ("sweep.json", {"objective": "__class__"}, "objective: "),
        ("sweep.json", {"points": [{"number": 0, "values": {}}]}, "points.0.number: "),
    ],
)
def test_impossible_sweeps_are_refused(swept: Path, file: str, values: dict[str, Any], said: str) -> None:
    """The plan and the choice name points, figures and an objective that there are."""
    assert len(read_sweep(swept).points) == 4
    changed(swept / file, **values)
    done = run("report", str(swept))
    assert (done.exit_code, f"{swept / file} is damaged: {said}" in done.stderr) == (5, True), done.stderr
