"""SWEEP/ -> Sweep: the files of a sweep's folder as one value."""

from __future__ import annotations

from pathlib import Path

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.pytorch.sweep.folder import (
    CHOSEN,
    KnownPoint,
    PointRecord,
    read_choice,
    read_plan,
    read_records,
    require_own,
    run_folder,
)
from cnnspec.pytorch.sweep.record import Chosen, Point, Status, Sweep
from cnnspec.pytorch.train.run_folder import is_begun


def read_sweep(folder: Path) -> Sweep:
    """The sweep of a folder, finished or in the middle of it. Raises CheckpointError where the folder is damaged."""
    plan, records, choice = read_plan(folder), read_records(folder), read_choice(folder)
    known = {point.number: point for point in plan.points}
    points = []
    for number in sorted({*known, *records}):
        record = records.get(number)
        points.append(_record(folder, record) if record else _waiting(known[number]))
    unknown = next((number for number in choice.chosen if number not in {*known, *records}), None)
    if unknown is not None:
        raise CheckpointError(f"{folder / CHOSEN} is damaged: chosen: the sweep has no point {unknown}")
    chosen = tuple(Chosen(number, choice.tested.get(number)) for number in choice.chosen)
    return Sweep(plan.name, plan.objective, plan.direction, plan.axes, tuple(points), chosen)


def _record(folder: Path, record: PointRecord) -> Point:
    run = run_folder(folder, record.number)
    require_own(run)
    shared = record.model_dump(include={"number", "values", "status", "reason", "objective", "params", "macs"})
    return Point(**shared, run=run if is_begun(run) else None)


def _waiting(known: KnownPoint) -> Point:
    status: Status = "left out" if known.reason else "waiting"
    return Point(known.number, known.values, status, known.reason, params=known.params, macs=known.macs)
