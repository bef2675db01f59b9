"""A sweep runs each point once, whatever happens meanwhile; driver and study in one process, no workers."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import optuna
import pytest
from optuna.trial import TrialState

from cnnspec import load
from cnnspec.engine.diagnostics import CheckpointError, OccupiedError, OutputError, UsageError
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.sweep import read_sweep
from cnnspec.pytorch.sweep.executor import Event, Lost
from cnnspec.pytorch.sweep.folder import read_records
from cnnspec.pytorch.sweep.worker import run_job
from cnnspec.pytorch.train import train
from cnnspec.pytorch.train.loop import measure
from cnnspec.pytorch.train.prepare import Measured
from cnnspec.pytorch.train.signals import Stop
from tests.sweep.conftest import SMALL, SWEEP, InProcess, Notes, Pretending, run_here


def states(folder: Path) -> list[TrialState]:
    """Those of the trials in the folder's study, as Optuna reads it."""
    study = optuna.load_study(study_name="small", storage=f"sqlite:///{folder / 'study.sqlite3'}")
    return [trial.state for trial in study.get_trials() if trial.user_attrs.get("outcome") != "duplicate"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of four points that came to its end undisturbed; for looking at."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.yaml").write_text(SMALL)
    (folder / "sweep.yaml").write_text(SWEEP)
    run_here(folder / "sweep.yaml", folder / "out")
    return folder / "out"


def weights(folder: Path, number: int) -> bytes:
    return (folder / "points" / f"{number:04}" / "weights.safetensors").read_bytes()


def test_a_point_is_the_run_that_train_makes_of_its_settings(whole: Path, tmp_path: Path) -> None:
    """The same weights to the bit, and the same figures in the record as in the run's own metrics."""
    (tmp_path / "small.yaml").write_text(SMALL)
    recipe = Recipe.of(data="fake", epochs=2, batch_size=500, workers=0, threads=1, optimizer={"Adam": {"lr": 0.001}})
    result = train(load(tmp_path / "small.yaml", dropout=0.5), recipe, tmp_path / "run")
    assert weights(whole, 4) == (tmp_path / "run" / "weights.safetensors").read_bytes()
    points = read_sweep(whole).points
    assert points[3].objective == result.metrics[-1].val_accuracy
    assert dict(points[3].values) == {"optimizer.Adam.lr": 0.001, "params.dropout": 0.5}


def test_what_is_read_of_a_sweep(whole: Path) -> None:
    """Its axes, its points with their runs and prices, and the chosen with figures of the test part."""
    sweep = read_sweep(whole)
    assert (sweep.title, sweep.objective, sweep.direction) == ("small", "val_accuracy", "max")
    assert [(axis.name, axis.values) for axis in sweep.axes] == [
        ("optimizer.Adam.lr", (0.01, 0.001)),
        ("params.dropout", (0, 0.5)),
    ]
    assert [(p.number, p.status, p.params) for p in sweep.points] == [(n, "done", 1_498) for n in range(1, 5)]
    assert all(p.run and (p.run / "metrics.jsonl").exists() for p in sweep.points)
    assert len(sweep.chosen) == 1
    assert sweep.chosen[0].test is not None
    assert states(whole) == [TrialState.COMPLETE] * 4


def test_validation_chooses_and_the_test_part_is_read_once_by_the_chosen(
    sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """No run has test figures but the best on the validation part, and a second start measures nothing again."""
    executor, again = InProcess(), InProcess()
    sweep = run_here(sweep_file(), tmp_path / "out", executor)
    best = max(sweep.points, key=lambda point: (point.objective or 0, -point.number))
    assert executor.measured == [sweep.chosen[0].point] == [best.number]
    results = [json.loads((p.run / "result.json").read_text()) for p in sweep.points if p.run]
    assert not any(name.startswith("test") for result in results for name in result)
    assert run_here(sweep_file(), tmp_path / "out", again) == sweep
    assert again.jobs == []


def test_seeds_are_judged_by_their_mean_for_each_value_of_an_axis(
    sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """`choose` takes one setting for each value of its axes, with the runs of all its seeds."""
    text = SWEEP + "  seed: [0, 1]\nchoose: [params.dropout]\n"
    sweep = run_here(sweep_file(text), tmp_path / "out", Pretending())
    for dropout in (0, 0.5):
        means = {
            rate: sum(
                p.objective or 0
                for p in sweep.points
                if (p.values["params.dropout"], p.values["optimizer.Adam.lr"]) == (dropout, rate)
            )
            for rate in (0.01, 0.001)
        }
        best = max(means, key=lambda rate: means[rate])
        chosen = [p for p in sweep.points if p.number in {c.point for c in sweep.chosen}]
        assert [p.values["seed"] for p in chosen if p.values["params.dropout"] == dropout] == [0, 1]
        assert {p.values["optimizer.Adam.lr"] for p in chosen if p.values["params.dropout"] == dropout} == {best}


class Failing(Pretending):
    """Lets one point fail as it says, as often as it is begun."""

    def __init__(self, number: int, ends: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__()
        self.number, self.ends = number, ends

    def work(self, job: Mapping[str, Any]) -> None:
        if job["number"] == self.number and not job.get("measure"):
            self.ends(job)
        else:
            super().work(job)


def test_a_run_that_fails_is_marked_and_the_rest_goes_on(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """A rate that diverges, and memory that is used up, are reasons; neither is run again, nor chosen."""
    path, out = sweep_file(**{"[0.01, 0.001]": "[1.0e+30, 0.001]"}), tmp_path / "out"
    with patch("cnnspec.pytorch.train.training.measure", wraps=_no_memory_at(0.5)):
        run_here(path, out)
    sweep = read_sweep(out)
    assert [p.status for p in sweep.points] == ["failed", "failed", "done", "failed"]
    assert sweep.points[3].reason.startswith("out of memory: ")
    assert "not finite" in sweep.points[0].reason or "nan" in sweep.points[0].reason or "inf" in sweep.points[0].reason
    assert [chosen.point for chosen in sweep.chosen] == [3]
    again = InProcess()
    run_here(path, out, again)
    assert again.jobs == []


def test_a_full_disk_ends_the_sweep_and_fails_no_point(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """What is full is not the point's fault: nothing is chosen, and all points run once there is room again."""
    path, out = sweep_file(), tmp_path / "out"
    for error in (OutputError("checkpoint-1 cannot be written: No space left on device"), OSError(28, "No space left")):
        with (
            patch("cnnspec.pytorch.train.training.measure", side_effect=error),
            pytest.raises(OutputError, match="No space left"),
        ):
            run_here(path, out)
        sweep = read_sweep(out)
        assert [p.status for p in sweep.points] == ["waiting"] * 4
        assert sweep.chosen == ()
    sweep = run_here(path, out)
    assert [p.status for p in sweep.points] == ["done"] * 4


def _no_memory_at(dropout: float) -> Callable[..., Any]:
    def measured(model: Any, *rest: Any, **more: Any) -> Any:
        if any(getattr(module, "p", 0) == dropout for module in model.modules()):
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 1 PB")
        return measure(model, *rest, **more)

    return measured


def test_a_run_whose_worker_dies_goes_on_until_it_is_plain_that_it_kills_them(
    sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """A death is no failure; five in a row without an epoch are."""
    path, watch = sweep_file(), Notes()
    executor: Failing = Failing(2, lambda job: executor.events.put(Lost(2, "its worker was killed by signal 9")))
    sweep = run_here(path, tmp_path / "out", executor, watch)
    assert [p.status for p in sweep.points] == ["done", "failed", "done", "done"]
    assert executor.runs.count(2) == 5
    assert "perhaps there is not enough memory" in sweep.points[1].reason
    assert len(watch.notes) == 4


class Killed(Exception):
    """The driver is gone."""


def killed(made: InProcess, after: int) -> InProcess:
    """The same executor, but the driver is gone at its n-th step: nothing is told or written any more."""
    poll, left = made.poll, iter(range(after))

    def until(seconds: float) -> Iterator[Event]:
        for event in poll(seconds):
            if next(left, None) is None:
                made.close()
                raise Killed
            yield event

    made.poll = until  # type: ignore[method-assign]
    return made


def test_a_run_that_was_killed_goes_on_to_the_same_bits(
    whole: Path, sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """All points end with the weights of the undisturbed sweep, and those that were done are left alone."""
    path, out = sweep_file(), tmp_path / "out"
    with pytest.raises(Killed):
        run_here(path, out, killed(InProcess(), 4))
    second = InProcess()
    sweep = run_here(path, out, second)
    assert [p.status for p in sweep.points] == ["done"] * 4
    assert second.runs == [2, 3, 4]
    assert [weights(out, n) for n in range(1, 5)] == [weights(whole, n) for n in range(1, 5)]
    assert sweep.chosen[0].point == read_sweep(whole).chosen[0].point


def test_a_folder_of_something_else_fails_its_point_at_once(tmp_path: Path) -> None:
    """It is no run that could be gone on with, and nobody is waited for."""
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    spec = {"spec": str(tmp_path / "small.yaml"), "variant": None, "input": None, "params": {}}
    job = {"number": 1, "run": str(tmp_path / "run"), "threads": 1, "prune": False, "recipe": {"data": "fake"}, **spec}
    with patch("cnnspec.pytorch.sweep.worker.time.sleep") as slept:
        ended = run_job(job, [].append, Stop(), bool)
    assert (ended["status"], slept.called) == ("failed", False)
    assert "is not empty" in ended["reason"]


class Late(Pretending):
    """An executor whose only slot is another's for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0

    @property
    def slots(self) -> int:  # type: ignore[override]
        return int(self.turns > 2)

    def poll(self, seconds: float) -> Iterator[Event]:
        self.turns += 1
        yield from super().poll(0.01)


def test_a_sweep_waits_for_slots(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """Where none is free at first, nothing is over yet."""
    sweep = run_here(sweep_file(), tmp_path / "out", Late())
    assert [p.status for p in sweep.points] == ["done"] * 4


def test_a_run_that_another_worker_has_begun_meanwhile_is_gone_on_with(whole: Path, tmp_path: Path) -> None:
    """A worker outlives a killed driver for a moment: the next one finds its run, though there was none at first."""
    (tmp_path / "small.yaml").write_text(SMALL)
    run, outcomes = tmp_path / "run", []
    recipe = {"data": "fake", "epochs": 2, "batch_size": 500, "workers": 0, "threads": 1, "optimizer": "Adam"}
    spec = {"spec": str(tmp_path / "small.yaml"), "variant": None, "input": None, "params": {"dropout": 0.5}}
    job = {"number": 1, "run": str(run), "threads": 1, "prune": False, "recipe": recipe, **spec}

    def late(*given: Any, **named: Any) -> None:
        train(*given, **named)  # the other worker's
        with pytest.raises(OccupiedError) as refused:
            train(*given, **named)
        outcomes.append(refused.value)
        raise refused.value

    with patch("cnnspec.pytorch.train.train", late):
        ended = run_job(job, [].append, Stop(), bool)
    assert ended == {"status": "done", "reason": ""}
    assert len(outcomes) == 1
    assert (run / "weights.safetensors").read_bytes() == weights(whole, 4)


def test_runs_go_on_with_data_that_have_moved(whole: Path) -> None:
    """A run is gone on with, and measured, with the data's folder that the sweep names now."""
    job = {"number": 1, "run": str(whole / "points" / "0001"), "threads": 1, "prune": False, "input": None}
    nothing: list[Any] = []
    with patch("cnnspec.pytorch.train.resume") as resume:
        run_job({**job, "recipe": {"data_dir": "/moved"}}, nothing.append, Stop(), bool)
        run_job({**job, "recipe": {}}, nothing.append, Stop(), bool)
    assert [call.kwargs["recipe"].data_dir for call in resume.call_args_list] == ["/moved", None]
    with patch("cnnspec.pytorch.evaluate.run.prepare_measured", side_effect=UsageError("seen")) as prepared:
        measured = run_job({**job, "measure": True, "data_dir": "/moved"}, nothing.append, Stop(), bool)
    assert prepared.call_args.args[2].data_dir == "/moved"
    assert measured == {"status": "failed", "reason": "seen"}


def test_data_without_a_test_part_leave_the_chosen_at_their_validation_figures(
    whole: Path, sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """The worker says so in place of figures that are no test figures, and the sweep passes it on."""
    job = {"number": 1, "run": str(whole / "points" / "0001"), "threads": 1, "measure": True, "data_dir": None}
    with patch("cnnspec.pytorch.evaluate.run.prepare_measured", return_value=Measured("validation", Any)):
        ended = run_job(job, [].append, Stop(), bool)
    assert ended == {"status": "done", "test": None, "reason": "the data have no test part"}

    class Testless(Pretending):
        def pretend(self, job: Mapping[str, Any]) -> dict[str, Any]:
            return ended if job.get("measure") else super().pretend(job)

    watch = Notes()
    sweep = run_here(sweep_file(), tmp_path / "out", Testless(), watch)
    assert [chosen.test for chosen in sweep.chosen] == [None]
    assert watch.notes == ["point 1 is not measured on a test part: the data have no test part"]


@pytest.mark.parametrize("after", [0, 4, 11])
def test_a_killed_driver_s_sweep_goes_on_and_runs_each_point_once(
    after: int, sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Wherever it is killed, each point has one outcome, each of its epochs was done once, and what is over stays."""
    path, out = sweep_file(), tmp_path / "out"
    with pytest.raises(Killed):
        run_here(path, out, killed(Pretending(), after))
    done = [number for number, record in read_records(out).items() if record.status == "done"]
    second = Pretending()
    sweep = run_here(path, out, second)
    assert [(p.number, p.status) for p in sweep.points] == [(n, "done") for n in range(1, 5)]
    assert not set(done) & set(second.runs)
    assert all((p.run / "metrics.jsonl").read_text().count("epoch") == 2 for p in sweep.points if p.run)
    assert states(out).count(TrialState.COMPLETE) == 4
    assert sweep.chosen[0].test is not None


def test_a_driver_that_is_killed_between_record_and_study_has_finished_the_point(
    sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """The next one lets the study say what the record says: done, once."""
    path, out = sweep_file(), tmp_path / "out"
    with (
        patch("optuna.storages.RDBStorage.set_trial_state_values", side_effect=Killed),
        pytest.raises(Killed),
    ):
        run_here(path, out, Pretending())
    assert [record.status for record in read_records(out).values()] == ["done"]
    second = Pretending()
    run_here(path, out, second)
    assert second.runs == [2, 3, 4]
    assert states(out) == [TrialState.COMPLETE] * 4


def test_an_edited_sweep_is_refused_with_the_difference_or_extended(
    whole: Path, sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Old points keep their numbers and are not run again; what every run follows from cannot be changed at all."""
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    _moved(out, sweep_file())
    edited = sweep_file(**{"[0.01, 0.001]": "[0.1, 0.01, 0.001]"})
    with pytest.raises(UsageError, match=r"begun otherwise(.|\n)*axes") as error:
        run_here(edited, out)
    assert "[0.01, 0.001] before, [0.1, 0.01, 0.001] now" in str(error.value)
    executor = Pretending()
    sweep = run_here(edited, out, executor, extend=True)
    assert executor.runs == [5, 6]
    assert sweep.points[4].values == {"optimizer.Adam.lr": 0.1, "params.dropout": 0}
    assert [p.number for p in sweep.points] == list(range(1, 7))
    for change in ({"epochs: 2": "epochs: 3"}, {"[0, 0.5]": "[0]"}):
        with pytest.raises(UsageError):
            run_here(sweep_file(**change), out, extend=True)


def _moved(out: Path, path: Path) -> None:
    """Let a copied sweep be that of another file: the spec's path is part of what a sweep is."""
    plan = json.loads((out / "sweep.json").read_text())
    for part in plan["fixed"]["networks"].values():
        part["spec"] = str(path.parent / "small.yaml")
    plan["fixed"]["texts"] = {str(path.parent / "small.yaml"): next(iter(plan["fixed"]["texts"].values()))}
    (out / "sweep.json").write_text(json.dumps(plan))


def test_what_was_edited_is_told_in_words(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """A setting of the recipe by its name, and a spec by its file."""
    path, out = sweep_file(), tmp_path / "out"
    run_here(path, out, Pretending())
    with pytest.raises(UsageError, match=r"\nrecipes\.epochs: 2 before, 3 now\n"):
        run_here(sweep_file(**{"epochs: 2": "epochs: 3"}), out)
    sweep_file()
    (tmp_path / "small.yaml").write_text(f"# another\n{SMALL}")
    with pytest.raises(UsageError, match=r"small\.yaml was edited\n"):
        run_here(path, out)


def test_a_sweep_whose_time_is_used_up_says_so(
    sweep_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs comes to its end; the others wait, and a reader knows why."""
    watch, executor = Notes(), Pretending()
    monkeypatch.setattr("cnnspec.pytorch.sweep.clock.monotonic", lambda: 9.0 * len(executor.jobs))
    sweep = run_here(sweep_file(f"{SWEEP}budget: {{time: 5s}}\n"), tmp_path / "out", executor, watch)
    assert [p.status for p in sweep.points] == ["done", "waiting", "waiting", "waiting"]
    assert [note.split(":")[0] for note in watch.notes] == ["the time of the sweep is used up"]


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_a_study_that_is_cut_is_made_anew_of_the_records(
    share: float, whole: Path, sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Wherever the file ends, nothing is run again, and the study has all outcomes."""
    out, watch, executor = tmp_path / "out", Notes(), InProcess()
    shutil.copytree(whole, out)
    _moved(out, sweep_file())
    data = (out / "study.sqlite3").read_bytes()
    (out / "study.sqlite3").write_bytes(data[: int(len(data) * share)])
    sweep = run_here(sweep_file(), out, executor, watch)
    assert executor.jobs == []
    assert [p.objective for p in sweep.points] == [p.objective for p in read_sweep(whole).points]
    assert states(out) == [TrialState.COMPLETE] * 4
    if share:
        assert "nothing is lost" in watch.notes[0]


def test_a_study_that_is_locked_is_told_of_and_left_alone(
    whole: Path, sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Another process that writes it is not disturbed; afterwards the sweep goes on."""
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    _moved(out, sweep_file())
    holder = sqlite3.connect(out / "study.sqlite3", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with patch("cnnspec.pytorch.sweep.storage.PATIENCE", 0.4), pytest.raises(OutputError, match="is locked by another"):
        run_here(sweep_file(), out)
    holder.rollback()
    holder.close()
    assert len(run_here(sweep_file(), out).points) == 4


def test_a_damaged_record_is_named(whole: Path, tmp_path: Path) -> None:
    """Half a record is no record: which it is, is said."""
    shutil.copytree(whole, tmp_path / "out")
    path = tmp_path / "out" / "points" / "0002.json"
    path.write_text(path.read_text()[:30])
    with pytest.raises(CheckpointError, match=r"0002\.json is damaged"):
        read_sweep(tmp_path / "out")


SAMPLED = (
    SWEEP.replace("[0.01, 0.001]", "{from: 1e-5, to: 0.1, scale: log}").replace("epochs: 2", "epochs: 1")
    + "  input: [[1, 8, 8], [1, 2, 2]]\nbudget: {runs: 5}\nsampler: {NAME: {startup: 2}}\n"
)


@pytest.mark.parametrize("name", ["TPE", "GP", "CmaEs"])
def test_a_sampler_s_points_are_checked_and_those_that_cannot_be_built_count_for_nothing(
    name: str, sweep_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Five runs are made, none of an input that is too small; the sampler never hears of those that are left out."""
    executor = Pretending()
    sweep = run_here(sweep_file(SAMPLED.replace("NAME", name)), tmp_path / "out", executor)
    done = [p for p in sweep.points if p.status == "done"]
    left = [p for p in sweep.points if p.status == "left out"]
    assert len(done) == len(executor.runs) == 5
    assert {tuple(p.values["input"]) for p in done} == {(1, 8, 8)}
    assert all("window-too-large" in p.reason and tuple(p.values["input"]) == (1, 2, 2) for p in left)
    assert sorted(states(tmp_path / "out")) == sorted([TrialState.COMPLETE] * 5 + [TrialState.FAIL] * len(left))


@pytest.mark.parametrize("after", [3])
def test_a_sampled_sweep_goes_on_after_a_kill(after: int, sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """What the sampler had asked for is run to its end, and no more runs than the budget has."""
    path, out = sweep_file(SAMPLED.replace("NAME", "TPE")), tmp_path / "out"
    with pytest.raises(Killed):
        run_here(path, out, killed(Pretending(), after))
    before = {n: r.values for n, r in read_records(out).items() if r.status in ("running", "done")}
    sweep = run_here(path, out, Pretending())
    done = {p.number: p.values for p in sweep.points if p.status == "done"}
    assert len(done) == 5
    assert before.items() <= done.items()


def test_a_pruner_ends_runs_that_are_worse(sweep_file: Callable[..., Path], tmp_path: Path) -> None:
    """A run that learns nothing is ended before its last epoch once others show what can be had."""
    text = SWEEP.replace("epochs: 2", "epochs: 4") + "pruner: {PRUNER}\n"
    for pruner, least in (("median: {startup: 1, warmup: 1}", 2), ("hyperband: {min_epochs: 1}", 1)):
        out = tmp_path / pruner[:3]
        sweep = run_here(sweep_file(text.replace("PRUNER", pruner)), out, Pretending())
        ended = {p.number: (p.run / "metrics.jsonl").read_text().count("epoch") for p in sweep.points if p.run}
        pruned = [p.number for p in sweep.points if p.status == "pruned"]
        assert sweep.points[0].status == "done"
        assert 4 in pruned
        assert all((ended[n] < 4) == (n in pruned) and ended[n] >= least for n in ended)
        assert states(out).count(TrialState.PRUNED) == len(pruned)
