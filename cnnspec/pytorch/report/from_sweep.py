"""Sweep folder ──► Study: the points with their runs, and the reason for each point without a run."""

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

SEED = "seed"  # the axis that settings are averaged over


def study_of_sweep(folder: Path) -> Study:
    """Return the study of a finished or unfinished sweep. Raise CheckpointError if the folder is not a sweep."""
    return study_of(read_sweep(folder))


def study_of(sweep: Sweep) -> Study:
    """Return the study of a sweep that was already read."""
    measure = measure_of(sweep)
    axes = _axes(sweep)
    tests = {chosen.point: chosen for chosen in sweep.chosen}
    trials = [_trial(point, axes, tests.get(point.number)) for point in sweep.points]
    with_rows, missing = ([trial for trial in trials if bool(trial.rows) is has] for has in (True, False))
    return Study(
        sweep.title,
        measure,
        axes,
        grouped(with_rows, axes, measure, missing),
        tuple(missing),
        _notes(sweep, trials),
        frozenset(axis.name for axis in sweep.axes if axis.is_log),
    )


def measure_of(sweep: Sweep) -> Measure:
    """Return the measure of a sweep's objective: ``val_accuracy`` or ``best val_accuracy``."""
    when, _, name = sweep.objective.rpartition(" ")
    return Measure(name, sweep.direction, when or "last")


def _axes(sweep: Sweep) -> tuple[str, ...]:
    """Return all axes on which points differ, except the seed, including axes that only some points have."""
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
        objective=point.objective if point.status == "done" else None,  # not comparable if the run stopped early
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
    """Return a hashable value; a network or an operation with settings becomes a line of text."""
    if not isinstance(value, Mapping):
        return frozen(value)
    settings = {key: part for key, part in value.items() if key not in ("spec", "variant")}
    name = ":".join(str(value[key]) for key in ("spec", "variant") if value.get(key) is not None)
    return " ".join(filter(None, [name, value_text(settings)[1:-1]]))


def _with_run(trial: Trial, run: Run) -> Trial:
    """Return the trial with the results of its run."""
    return replace(
        trial,
        seed=run.record.training.seed if trial.seed is None else trial.seed,
        rows=run.rows,
        network=run.network,
        recipe=run.record.training,
        machine=run.ended.machine if run.ended else "",
    )


def _notes(sweep: Sweep, trials: Sequence[Trial]) -> tuple[str, ...]:
    """Return notes on unfinished and failed points and on missing test figures."""
    notes = []
    open_statuses = [word for word in ("waiting", "running") if any(trial.status == word for trial in trials)]
    if open_statuses:
        counts = listing([f"{sum(t.status == word for t in trials)} {word}" for word in open_statuses])
        notes.append(
            f"The sweep is not finished: of {count(len(trials), 'point')}, {counts}. Results so far are shown."
        )
    failed = sum(trial.status == "failed" for trial in trials)
    if failed:
        notes.append(f'{count(failed, "point")} failed; see "Points without a result" for the reasons.')
    if not sweep.chosen and not open_statuses:
        notes.append("No setting has been measured on the test set yet.")
    return tuple(notes)
