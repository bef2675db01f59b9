"""Every point is checked and priced before anything runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from rich.console import Console

from cnnspec import graph
from cnnspec.cli.sweep_progress import Board
from cnnspec.engine.diagnostics import UsageError
from cnnspec.pytorch.data.load import load_data
from cnnspec.pytorch.sweep.folder import PointRecord
from cnnspec.pytorch.sweep.record import Status
from cnnspec.pytorch.sweep.slots import Slots
from cnnspec.pytorch.sweep.start import find_sweep
from cnnspec.pytorch.sweep.time_estimate import estimate
from tests.cli.runner import run
from tests.sweep.conftest import SWEEP, planned

DEEP = """\
cnnspec: 1
input: [1, 28, 28]
params: {depths: [1, 1], size: 3}
layers:
  - Conv2d: {out_channels: 8, kernel_size: $size}
    repeat: $(depths[0])
  - MaxPool2d: {kernel_size: 4}
  - Conv2d: {out_channels: 8, kernel_size: $size}
    repeat: $(depths[1])
  - Flatten
  - Linear: {out_features: 10}
"""
DEEP_SWEEP = """\
cnnspec_sweep: 1
spec: deep.yaml
recipe: {data: digits}
axes:
  params.depths: [[1, 1], [2, 1], [1, 2]]
  params.size: [1, 3, 5]
"""


def test_a_point_that_cannot_be_built_is_left_out_at_its_line(tmp_path: Path) -> None:
    """Points whose windows do not fit are named with the line of the spec; the others have torch's own prices."""
    (tmp_path / "deep.yaml").write_text(DEEP)
    (tmp_path / "sweep.yaml").write_text(DEEP_SWEEP)
    points = planned(tmp_path / "sweep.yaml").points
    assert [p.number for p in points] == list(range(1, 10))
    left = {tuple(map(str, p.values.values())): p for p in points if p.is_left_out}
    assert set(left) == {("[1, 2]", "5")}
    for point in left.values():
        assert point.reason.startswith("window-too-large: ")
        assert point.span is not None
        assert (Path(point.span.source.name).name, point.span.line) == ("deep.yaml", 8)
    for point in points:
        if not point.is_left_out:
            depths, size = point.values["params.depths"], point.values["params.size"]
            found = graph(str(tmp_path / "deep.yaml"), depths=depths, size=size)
            assert (point.params, point.macs) == (found.params, found.macs)


def test_a_third_of_the_points_cannot_be_built(tmp_path: Path) -> None:
    """Of a grid of depths and kernel sizes all those are found whose maps shrink away, by the arithmetic of windows."""
    (tmp_path / "deep.yaml").write_text(DEEP)
    text = DEEP_SWEEP.replace("[[1, 1], [2, 1], [1, 2]]", "[[1, 1], [1, 2], [1, 3], [4, 1], [4, 2], [4, 3]]")
    (tmp_path / "sweep.yaml").write_text(text.replace("[1, 3, 5]", "[2, 3, 5, 7]"))

    def fits(depths: list[int], size: int) -> bool:
        side = 28 - depths[0] * (size - 1)
        return side >= 4 and side // 4 - depths[1] * (size - 1) >= 1

    points = planned(tmp_path / "sweep.yaml").points
    wrong = [p for p in points if not fits(p.values["params.depths"], p.values["params.size"])]
    assert [p.number for p in points if p.is_left_out] == [p.number for p in wrong]
    assert len(points) / 4 < len(wrong) < len(points) * 3 / 4


def test_points_that_are_the_same_run_are_run_once(sweep_file: Callable[..., Path]) -> None:
    """Threads change nothing that a run follows from."""
    axes = "  optimizer.Adam.lr: [0.001, 0.01]\n  optimizer.Adam.eps: [1.0e-8, 1.0e-7]\n  threads: [1, 2]\n"
    points = planned(sweep_file(SWEEP.split("axes:")[0] + "axes:\n" + axes)).points
    assert [p.reason for p in points] == [
        "" if n % 2 else f"the same network and recipe as point {n - 1}" for n in range(1, 9)
    ]


def test_a_network_over_the_budget_is_left_out(sweep_file: Callable[..., Path]) -> None:
    """The bounds of the sweep and of the spec hold for each point."""
    text = SWEEP + "  input: [[1, 8, 8], [1, 32, 32]]\nbudget: {max_params: 2k}\n"
    points = planned(sweep_file(text)).points
    assert [p.is_left_out for p in points] == [False, True] * 4
    assert all("over-budget" in p.reason for p in points if p.is_left_out)


def test_settings_that_do_not_go_together_are_left_out(sweep_file: Callable[..., Path]) -> None:
    """Each is right by itself, and beside others it is not; an objective needs its part of the data."""
    text = SWEEP.split("axes:")[0] + "axes:\n  warmup.epochs: [1, 3]\n  epochs: [2, 5]\n  validation: [0, 0.2]\n"
    reasons = {tuple(p.values.values()): p.reason for p in planned(sweep_file(text)).points}
    assert "is longer than" in reasons[3, 2, 0.2]
    assert reasons[1, 2, 0.2] == reasons[3, 5, 0.2] == ""
    assert "validation part" in reasons[1, 2, 0]


def test_a_condition_adds_an_axis_to_some_points_alone(sweep_file: Callable[..., Path]) -> None:
    """A point has a value only on axes whose condition it meets."""
    axes = """axes:
  optimizer: [Adam, {SGD: {lr: 0.1}}]
  optimizer.SGD.momentum: {values: [0, 0.9], when: {optimizer: {SGD: {lr: 0.1}}}}
"""
    points = planned(sweep_file(SWEEP.split("axes:")[0] + axes)).points
    assert [dict(p.values) for p in points] == [
        {"optimizer": "Adam"},
        {"optimizer": {"SGD": {"lr": 0.1}}, "optimizer.SGD.momentum": 0},
        {"optimizer": {"SGD": {"lr": 0.1}}, "optimizer.SGD.momentum": 0.9},
    ]
    assert [p.setup.recipe.as_data()["optimizer"] for p in points if p.setup][2]["SGD"]["momentum"] == 0.9


def test_random_points_are_drawn_from_a_seed(sweep_file: Callable[..., Path]) -> None:
    """The same seed gives the same points, each once; another seed gives others, all of them within their range."""
    text = SWEEP.replace("[0.01, 0.001]", "{from: 1e-5, to: 0.1, scale: log}") + "budget: {runs: 20}\nsampler: "
    first, again, other = (
        [dict(p.values) for p in planned(sweep_file(text + sampler)).points]
        for sampler in ("random", "{random: {seed: 0}}", "{random: {seed: 1}}")
    )
    assert first == again != other
    rates = [values["optimizer.Adam.lr"] for values in first]
    assert len(set(rates)) == 20
    assert all(1e-5 <= rate <= 0.1 for rate in rates)
    assert 3 < sum(rate < 1e-3 for rate in rates) < 17  # half of the decades


def test_networks_differ_in_more_than_their_spec(sweep_file: Callable[..., Path]) -> None:
    """Each of a list has its own recipe and settings; those of an axis go over them."""
    text = SWEEP.replace(
        "spec: small.yaml",
        "spec:\n  - {name: a, spec: small.yaml, set: {params.dropout: 0.1, batch_size: 7}}\n  - mnist/lenet",
    ).replace("  params.dropout: [0, 0.5]\n", "")
    points = planned(sweep_file(text)).points
    assert [p.values["spec"] for p in points] == ["a", "a", "mnist/lenet", "mnist/lenet"]
    setups = [p.setup for p in points if p.setup]
    assert [s.recipe.batch_size for s in setups] == [7, 7, 500, 500]
    assert [dict(s.params) for s in setups] == [{"dropout": 0.1}] * 2 + [{}] * 2


def test_a_plan_needs_no_torch(tmp_path: Path) -> None:
    """In a fresh process a shipped sweep is read, planned and priced without torch, numpy and Optuna."""
    program = """
import sys
from cnnspec.pytorch.sweep.start import plan, read_file
from cnnspec.engine.sweep_file.model import Settings
points = plan(read_file("googlenet"), Settings()).points
assert len(points) == 9 and points[0].params == 97_488, points
assert not {"torch", "numpy", "optuna"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)


def test_the_plan_is_shown_and_nothing_is_run(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """Each point has its line; the time of all runs is told, and no folder is made."""
    path = sweep_file(SWEEP + "  input: [[1, 8, 8], [1, 2, 2]]\n")
    done = run("sweep", str(path), "--plan", "--jobs", "2", "--set", "epochs=1")
    assert done.exit_code == 0, done.stderr
    assert "left out: window-too-large: " in done.stdout
    assert "small.yaml:8:" in done.stdout
    assert "small: 4 runs, 4 points left out" in done.stdout
    assert "2 runs in parallel" in done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small.yaml", "sweep.yaml"]


def test_a_name_that_is_no_sweep_is_a_mistake_of_usage(tmp_path: Path) -> None:
    """Shipped names are told; a spec is no sweep."""
    with pytest.raises(UsageError, match="`cnnspec sweeps` lists the names"):
        find_sweep("nothing")
    assert run("sweep", "mnist/lenet").exit_code == 2
    (tmp_path / "a.yaml").write_text(DEEP)
    assert "is not a sweep file" in run("sweep", str(tmp_path / "a.yaml")).stderr


def test_the_time_is_that_of_the_steps_and_no_more_is_measured_than_it_takes(sweep_file: Callable[..., Path]) -> None:
    """A large batch is measured by a part of it, and a long step once; a run has no more images than its data."""
    text = SWEEP.split("axes:")[0] + "axes:\n  batch_size: [50, 500, 50000]\n"
    found, sizes = planned(sweep_file(text)), []

    def step(_: object, batch: torch.Tensor, __: torch.Tensor) -> float:
        sizes.append(len(batch))
        return len(batch) / 50  # seconds

    images = len(load_data("fake", None, (1, 8, 8), 10, print).train.labels)
    watched = round(0.1 * images)  # a third of a step each
    with patch("cnnspec.pytorch.sweep.time_estimate._timed", step):
        seconds = estimate(found.points, Slots(jobs=2, threads=1), print)
    assert sizes == [50] * 4 + [256] * 2
    assert seconds == pytest.approx(3 * 2 * (images - watched + watched / 3) / 50 / 2)
    with patch("cnnspec.pytorch.sweep.time_estimate._timed", step):
        many = estimate(found.points, Slots(jobs=8, threads=1), print)
    assert many == pytest.approx(seconds * 2 / 3)  # no sooner than its longest run


def test_a_table_gives_way_in_reasons_and_names_and_keeps_its_numbers(sweep_file: Callable[..., Path]) -> None:
    """On 80 columns a long name and a long reason are cut, and every point has its number, figure and status."""
    name = "a_name_that_is_far_too_long_for_any_terminal_to_show_it_beside_all_that_there_is_to_know"
    text = SWEEP.replace("spec: small.yaml", f"spec: [small.yaml, {{name: {name}, spec: small.yaml}}]")
    found = planned(sweep_file(text))
    board = Board(found)
    points = [(p.number, dict(p.values)) for p in found.points]
    board.known([_record(number, values, "failed", f"\x1b[31m{'reason ' * 20}") for number, values in points])
    with (console := Console(width=80, markup=False)).capture() as shown:
        console.print(board)
    lines = shown.get().splitlines()[1:]
    assert [line.split()[0] for line in lines] == [str(number) for number, _ in points]
    assert all("0.1250  failed" in line and len(line) <= 80 and "\x1b" not in line for line in lines)


def _record(number: int, values: dict[str, Any], status: Status, reason: str) -> PointRecord:
    return PointRecord(number=number, values=values, status=status, reason=reason, reports=(0.125,))


def test_a_sweep_without_a_point_that_can_be_run_says_so(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """Nothing has diverged, and there are no logs to be read."""
    path = sweep_file(SWEEP.replace("epochs: 2", "epochs: 2, validation: 0"))
    done = run("sweep", str(path), "--out", str(tmp_path / "out"))
    assert done.exit_code == 2
    assert "small has no point that can be run" in done.stderr
