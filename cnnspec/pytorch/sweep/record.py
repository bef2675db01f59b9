"""What a sweep is to those who look at it: its axes, its points with what became of each, and the chosen.

SWEEP/ ──read_sweep──► Sweep
                       ├── axes      learning rate × dropout
                       ├── points    0001 done 0.9871, 0002 failed: out of memory, …
                       └── chosen    the best point, with its figures on the test part

Frozen, and no torch: the report and the live table read nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.pytorch.train.run_folder import is_begun
from cnnspec.pytorch.train.watch import Figures

if TYPE_CHECKING:
    from cnnspec.pytorch.sweep.folder import Known, SweepRecord

Status = Literal["waiting", "running", "done", "pruned", "failed", "left out"]
Direction = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class RecordedAxis:
    """One thing that differs between the points: its ``values``, or the ``range`` that they are drawn from."""

    name: str
    values: tuple[Any, ...] = ()
    range: tuple[float, float] | None = None
    is_log: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of the axes, and what became of it.

    ``reason`` says why it was left out, pruned or has failed; ``run`` is its folder, once there is one; ``objective``
    the value that the sweep compares, ``params`` and ``macs`` what the network costs, where it can be built.
    """

    number: int
    values: Mapping[str, Any]
    status: Status
    reason: str = ""
    run: Path | None = None
    objective: float | None = None
    params: int | None = None
    macs: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A point that validation chose, with the figures of the one look at the test part; ``test`` None: not yet."""

    point: int
    test: Figures | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as its folder has it. ``direction`` says whether the ``objective`` is better when large or small."""

    title: str
    objective: str
    direction: Direction
    axes: tuple[RecordedAxis, ...]
    points: tuple[Point, ...]
    chosen: tuple[Chosen, ...]


def read_sweep(folder: Path) -> Sweep:
    """The sweep of a folder, finished or in the middle of it. Raises CheckpointError where the folder is damaged."""
    from cnnspec.pytorch.sweep.folder import CHOSEN, read_choice, read_plan, read_records

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


def _record(folder: Path, record: SweepRecord) -> Point:
    from cnnspec.pytorch.sweep.folder import require_own, run_folder

    run = run_folder(folder, record.number)
    require_own(run)
    shared = record.model_dump(include={"number", "values", "status", "reason", "objective", "params", "macs"})
    return Point(**shared, run=run if is_begun(run) else None)


def _waiting(known: Known) -> Point:
    status: Status = "left out" if known.reason else "waiting"
    return Point(known.number, known.values, status, known.reason, params=known.params, macs=known.macs)
