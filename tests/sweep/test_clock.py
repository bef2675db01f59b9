"""A sweep's time is the wall time of all of its starts, however they ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from cnnspec import CheckpointError
from cnnspec.pytorch.sweep import clock, read_sweep
from cnnspec.pytorch.sweep.clock import Clock, Start, union
from cnnspec.pytorch.sweep.folder import read_records
from tests.cli.runner import run
from tests.sweep.conftest import SWEEP, Notes, Pretending, run_here
from tests.sweep.test_run import Killed, killed


def starts(folder: Path) -> list[Path]:
    return sorted((folder / "starts").iterdir())


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], 0),
        ([(0, 8), (100, 8), (200, 8)], 24),
        ([(0, 10), (5, 10)], 15),
        ([(5, 1), (0, 10)], 10),
        ([(0, 4), (4, 4)], 8),
    ],
)
def test_starts_side_by_side_count_once(times: list[tuple[int, int]], expected: int) -> None:
    """Those of drivers on several machines; others add up."""
    assert union([Start(began=began, seconds=seconds) for began, seconds in times]) == expected


def test_a_clock_goes_on_where_earlier_starts_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that writes nothing at its end has the time of its last write."""
    now = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(clock, "time", lambda: 5e8 + now[0])
    first = Clock(tmp_path)
    now[0] += 7
    assert (first.used, first.is_due) == (7, True)
    first.write()
    now[0] += 2
    assert (first.used, first.is_due) == (9, False)
    now[0] += 60
    second = Clock(tmp_path)
    now[0] += 1
    assert second.used == 8


def test_a_damaged_start_is_named(tmp_path: Path) -> None:
    """Time that no start can have used, too."""
    (tmp_path / "starts").mkdir()
    for text in ("{", '{"began": 1, "seconds": -5}', '{"began": 1, "seconds": 1e999}'):
        (tmp_path / "starts" / "1-a.json").write_text(text)
        with pytest.raises(CheckpointError, match=r"1-a\.json is damaged"):
            Clock(tmp_path)


def test_interrupted_starts_use_the_budget(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """Three killed starts of 8 s are more than 20 s: the fourth begins nothing, and what was done stays."""
    path, out, watch = sweep_file(f"{SWEEP}budget: {{time: 20s}}\n"), tmp_path / "out", Notes()
    known: set[Path] = set()
    for number in range(3):
        with pytest.raises(Killed):
            run_here(path, out, killed(Pretending(), 0))
        (new,) = {*starts(out)} - known
        known.add(new)
        new.write_text(json.dumps({"began": 100 * number, "seconds": 8}))
    executor = Pretending()
    sweep = run_here(path, out, executor, watch)
    assert executor.jobs == []
    assert {p.status for p in sweep.points} == {"running", "waiting"}
    assert any("time of the sweep is used up" in note for note in watch.notes)
    assert len(starts(out)) == 4


def test_the_seconds_of_a_point_are_those_of_all_its_starts(
    sweep_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are kept while it runs, so that a kill loses few of them."""
    seconds = count(0, 10)
    monkeypatch.setattr("cnnspec.pytorch.sweep.driver.monotonic", lambda: float(next(seconds)))
    monkeypatch.setattr(clock, "EVERY", -1.0)
    path, out = sweep_file(), tmp_path / "out"
    with pytest.raises(Killed):
        run_here(path, out, killed(Pretending(), 2))
    before = read_records(out)[1]
    assert (before.status, before.seconds >= 10) == ("running", True)
    run_here(path, out, Pretending())
    assert read_records(out)[1].seconds > before.seconds


def test_time_that_is_used_up_before_a_point_is_done_is_named(
    sweep_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The points are not what is wrong; what helps is said."""
    path, out = sweep_file(f"{SWEEP}budget: {{time: 20s}}\n"), tmp_path / "out"
    with pytest.raises(Killed):
        run_here(path, out, killed(Pretending(), 0))
    monkeypatch.setattr("cnnspec.pytorch.sweep.run.run_sweep", lambda found, folder, *rest: read_sweep(folder))
    done = run("sweep", str(path), "--out", str(out))
    assert done.exit_code == 2
    assert "the time budget of small ended before any point finished" in done.stderr
    assert "--extend" in done.stderr
