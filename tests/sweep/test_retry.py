"""A point that failed can be run again; whatever happens meanwhile, it has one outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from optuna.trial import TrialState

from cnnspec.pytorch.sweep import read_sweep
from cnnspec.pytorch.sweep.claims import Claims
from cnnspec.pytorch.sweep.folder import read_records
from tests.cli.runner import run
from tests.sweep.conftest import InProcess, Notes, Pretending, run_here
from tests.sweep.test_run import SAMPLED, Killed, killed, states


class Fails(Pretending):
    """Lets some points fail in their second epoch."""

    def __init__(self, *numbers: int) -> None:
        super().__init__()
        self.numbers = numbers

    def pretend(self, job: Mapping[str, Any]) -> dict[str, Any]:
        if job["number"] in self.numbers and not job.get("measure"):
            super().pretend({**job, "recipe": {**job["recipe"], "epochs": 1}})
            return {"status": "failed", "reason": "out of memory"}
        return super().pretend(job)


def statuses(folder: Path) -> list[str]:
    return [point.status for point in read_sweep(folder).points]


@pytest.fixture
def failed(sweep_file: Callable[..., Path], tmp_path: Path) -> tuple[Path, Path]:
    """A sweep whose first two points of four failed."""
    path, out = sweep_file(), tmp_path / "out"
    run_here(path, out, Fails(1, 2))
    assert statuses(out) == ["failed", "failed", "done", "done"]
    assert [chosen.point for chosen in read_sweep(out).chosen] == [3]
    return path, out


def test_failed_points_run_again_when_it_is_asked_for(failed: tuple[Path, Path]) -> None:
    """From their checkpoints, and no others; the choice is made again. Without the option they stay failed."""
    path, out = failed
    plain, again, watch = Pretending(), Pretending(), Notes()
    run_here(path, out, plain)
    assert plain.jobs == []
    sweep = run_here(path, out, again, watch, retry_failed=True)
    assert again.runs == [1, 2]
    assert watch.notes == ["2 failed points to run again"]
    assert statuses(out) == ["done"] * 4
    assert [record.reason for record in read_records(out).values()] == [""] * 4
    assert all((p.run / "metrics.jsonl").read_text().count("epoch") == 2 for p in sweep.points if p.run)
    assert [chosen.point for chosen in sweep.chosen] == [1]
    assert states(out).count(TrialState.COMPLETE) == 4
    last = Pretending()
    run_here(path, out, last, watch, retry_failed=True)
    assert (last.jobs, watch.notes[-1]) == ([], "no point has failed")


def test_a_point_may_fail_and_be_run_again_several_times(failed: tuple[Path, Path]) -> None:
    """Each time the last outcome counts."""
    path, out = failed
    for numbers in ((1, 2), (2,)):
        executor = Fails(*numbers)
        run_here(path, out, executor, retry_failed=True)
        assert executor.runs == [1, 2]
    assert statuses(out) == ["done", "failed", "done", "done"]
    run_here(path, out, Pretending(), retry_failed=True)
    assert statuses(out) == ["done"] * 4


@pytest.mark.parametrize("after", [0, 1, 2, 4])
def test_a_driver_that_is_killed_while_it_retries_loses_nothing(failed: tuple[Path, Path], after: int) -> None:
    """The next start, with the option or without, goes on with the points that were to run again."""
    path, out = failed
    with pytest.raises(Killed):
        run_here(path, out, killed(Pretending(), after), retry_failed=True)
    second = Pretending()
    sweep = run_here(path, out, second)
    assert statuses(out) == ["done"] * 4
    assert set(second.runs) <= {1, 2}
    assert all((p.run / "metrics.jsonl").read_text().count("epoch") == 2 for p in sweep.points if p.run)
    assert states(out).count(TrialState.COMPLETE) == 4


@pytest.mark.parametrize("place", ["reconcile", "_reopen", "_won"])
def test_a_kill_between_record_and_study_loses_nothing(failed: tuple[Path, Path], place: str) -> None:
    """The records say what is to run, and the study follows them."""
    path, out = failed
    with patch.object(Claims, place, side_effect=Killed), pytest.raises(Killed):
        run_here(path, out, Pretending(), retry_failed=True)
    second = Pretending()
    run_here(path, out, second)
    assert second.runs == [1, 2]
    assert statuses(out) == ["done"] * 4


def test_a_sampled_point_runs_again_within_the_budget(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """With its own values, and no point beyond the budget's runs is asked for."""
    path, out = sweep_file(SAMPLED.replace("NAME", "TPE")), tmp_path / "out"
    first = Fails(*range(99))
    run_here(path, out, first)
    before = {number: record.values for number, record in read_records(out).items() if record.status == "failed"}
    assert len(before) == 5
    again = Pretending()
    run_here(path, out, again, retry_failed=True)
    done = {number: record.values for number, record in read_records(out).items() if record.status == "done"}
    assert done == before
    assert sorted(again.runs) == sorted(before)


def test_a_real_run_goes_on_from_its_checkpoint(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """What failed for want of memory ends at the bits that it would have come to."""
    path = sweep_file(**{"[0.01, 0.001]": "[0.01]", "[0, 0.5]": "[0.5]"})
    whole = run_here(path, tmp_path / "whole")
    with patch("cnnspec.pytorch.train.training._tested", side_effect=AssertionError):
        from cnnspec.pytorch.train import training

        measured, left = training._measured, iter([True])

        def fails_in_the_second_epoch(*given: Any) -> Any:
            if next(left, None) is None:
                raise RuntimeError("can't allocate memory")
            return measured(*given)

        with patch("cnnspec.pytorch.train.training._measured", fails_in_the_second_epoch):
            run_here(path, tmp_path / "out")
    assert statuses(tmp_path / "out") == ["failed"]
    again = run_here(path, tmp_path / "out", InProcess(), retry_failed=True)
    assert [point.status for point in again.points] == ["done"]
    ours, theirs = (p.points[0].run / "weights.safetensors" for p in (again, whole) if p.points[0].run)
    assert ours.read_bytes() == theirs.read_bytes()


def test_the_command_says_how_to_run_them_again(failed: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """At its end, and takes the option."""
    path, out = failed
    asked: list[bool] = []

    def remember(found: Any, folder: Path, options: Any, *rest: Any) -> Any:
        asked.append(options.retry_failed)
        return read_sweep(folder)

    monkeypatch.setattr("cnnspec.pytorch.sweep.run.run_sweep", remember)
    for flags in ([], ["--retry-failed"]):
        done = run("sweep", str(path), "--out", str(out), *flags)
        assert done.exit_code == 0, done.output
        assert "2 points failed: --retry-failed runs them again" in done.stdout
    assert asked == [False, True]
