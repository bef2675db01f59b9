"""A sweep's folder ──► Study: its points with their runs, and why those that have none have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cnnspec.engine.diagnostics import CheckpointError, count, listing
from cnnspec.pytorch.report.flatten import frozen
from cnnspec.pytorch.report.group import grouped
from cnnspec.pytorch.report.labels import value_text
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.report.runs import Run, read_run
from cnnspec.pytorch.report.study import Study, Trial
from cnnspec.pytorch.sweep import Chosen, Point, Sweep, read_sweep

SEED = "seed"  # the axis over which settings are told as one


def swept(folder: Path) -> Study:
    """The study that a sweep makes, however far it has come. Raises CheckpointError where the folder is none."""
    return study_of(read_sweep(folder))


def study_of(sweep: Sweep) -> Study:
    """The same of a sweep that was read."""
    measure = measure_of(sweep)
    axes = _axes(sweep)
    tests = {chosen.point: chosen for chosen in sweep.chosen}
    trials = [_trial(point, axes, tests.get(point.number)) for point in sweep.points]
    shown, missing = ([trial for trial in trials if bool(trial.rows) is has] for has in (True, False))
    return Study(
        sweep.title,
        measure,
        axes,
        grouped(shown, axes, measure, missing),
        tuple(missing),
        _notes(sweep, trials),
        frozenset(axis.name for axis in sweep.axes if axis.is_log),
    )


def measure_of(sweep: Sweep) -> Measure:
    """``val_accuracy`` or ``best val_accuracy`` as the sweep calls it."""
    when, _, name = sweep.objective.rpartition(" ")
    return Measure(name, sweep.direction, when or "last")


def _axes(sweep: Sweep) -> tuple[str, ...]:
    """All axes but the seed on which points differ, those that a condition gives to some points included."""
    names = list(dict.fromkeys([*(axis.name for axis in sweep.axes), *(n for p in sweep.points for n in p.values)]))
    values = {name: {str(point.values.get(name)) for point in sweep.points} for name in names}
    return tuple(name for name in names if name != SEED and len(values[name]) > 1)


def _trial(point: Point, axes: Sequence[str], chosen: Chosen | None) -> Trial:
    trial = Trial(
        name=str(point.number),
        values=values_of(point, axes),
        seed=point.values.get(SEED),
        status=point.status,
        reason=point.reason,
        run=point.run,
        objective=point.objective if point.status == "done" else None,  # what was cut off has not come as far
        test=chosen.test if chosen else None,
    )
    try:
        return trial if point.run is None or not point.run.exists() else _with_run(trial, read_run(point.run))
    except CheckpointError as error:
        reason = "; ".join(filter(None, [trial.reason, error.first_line]))
        return replace(trial, reason=reason)


def values_of(point: Point, axes: Sequence[str]) -> Mapping[str, Any]:
    return {axis: _value(point.values.get(axis)) for axis in axes}


def _value(value: Any) -> Any:
    """A value that can be looked up; a network or an operation with its settings as a line of text."""
    if not isinstance(value, Mapping):
        return frozen(value)
    rest = {key: part for key, part in value.items() if key not in ("spec", "variant")}
    name = ":".join(str(value[key]) for key in ("spec", "variant") if value.get(key) is not None)
    return " ".join(filter(None, [name, value_text(rest)[1:-1]]))


def _with_run(trial: Trial, run: Run) -> Trial:
    """The same with its epochs."""
    return replace(
        trial,
        seed=run.record.training.seed if trial.seed is None else trial.seed,
        rows=run.rows,
        network=run.network,
        recipe=run.record.training,
        machine=run.ended.machine if run.ended else "",
    )


def _notes(sweep: Sweep, trials: Sequence[Trial]) -> tuple[str, ...]:
    """How far it has come, and what became of the points that are not done."""
    notes = []
    left = [word for word in ("waiting", "running") if any(trial.status == word for trial in trials)]
    if left:
        told = listing([f"{sum(t.status == word for t in trials)} {word}" for word in left])
        notes.append(f"The sweep is not done: of {count(len(trials), 'point')} {told}. What is shown is what there is.")
    failed = sum(trial.status == "failed" for trial in trials)
    if failed:
        notes.append(f"{count(failed, 'point')} failed: the reasons stand below.")
    if not sweep.chosen and not left:
        notes.append("Nothing is measured on the test set yet.")
    return tuple(notes)
