"""A planned sweep, run in its folder to its end; reads from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cnnspec.engine.diagnostics import count
from cnnspec.engine.files import make_folder
from cnnspec.engine.files import sweep as remove_temporary
from cnnspec.pytorch.sweep.choose import chosen
from cnnspec.pytorch.sweep.claims import Claims
from cnnspec.pytorch.sweep.driver import TICK, Driver, places
from cnnspec.pytorch.sweep.executor import Ended, Executor, Lost
from cnnspec.pytorch.sweep.folder import (
    POINTS,
    Choice,
    KnownPoint,
    PointRecord,
    is_begun,
    read_choice,
    read_plan,
    read_records,
    write_choice,
    write_record,
)
from cnnspec.pytorch.sweep.plan import PlannedPoint, Planner
from cnnspec.pytorch.sweep.read import read_sweep
from cnnspec.pytorch.sweep.record import Sweep
from cnnspec.pytorch.sweep.slots import Slots, slots_for
from cnnspec.pytorch.sweep.space import draw
from cnnspec.pytorch.sweep.start import Planning, begin
from cnnspec.pytorch.sweep.storage import is_own_file, open_storage, shown_url, storage_url
from cnnspec.pytorch.sweep.suggestions import pruner_of, sampler_of
from cnnspec.pytorch.sweep.watch import SweepWatcher
from cnnspec.pytorch.train.lock import locked
from cnnspec.pytorch.train.signals import Stop
from cnnspec.pytorch.train.watch import Figures

HEARTBEAT = 15  # seconds
TYPICAL = 16  # points that stand for those that nobody knows yet
Making = Callable[[Slots], Executor]


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """How a sweep is run: ``storage`` None is the folder's own file, ``heartbeat`` in seconds.

    ``retry_failed`` runs failed points again: from their last checkpoint, where there is one.
    """

    jobs: str = "auto"
    per_gpu: int = 1
    storage: str | None = None
    extend: bool = False
    heartbeat: int = HEARTBEAT
    retry_failed: bool = False


def run_sweep(
    planning: Planning, folder: Path, options: SweepOptions, make: Making, watch: SweepWatcher, stop: Stop
) -> Sweep:
    """Run the points that are left, then measure the chosen once on the test part.

    What is killed in the middle goes on when it is called again. Raises UsageError, CheckpointError and OutputError,
    and Stopped once a signal has come and all runs are saved.
    """
    url = _url(folder, options.storage)
    alone = is_own_file(url, folder)
    make_folder(folder)
    with locked(folder, watch.note) if alone else nullcontext():
        records = read_records(folder)
        if alone:
            remove_temporary(folder / POINTS)
        planning = begin(folder, planning, "" if alone else shown_url(url), records, extend=options.extend)
        if options.retry_failed:
            records = _reopened(folder, records, watch)
        typical = planning.points or _typical(planning)
        claims = _claims(planning, typical, url, options, watch, alone=alone)
        claims.reconcile(records)
        watch.known(_states(folder, records))
        slots = slots_for(options.jobs, typical, options.per_gpu)
        executor = make(slots)
        try:
            Driver(folder, planning, claims, executor, slots, watch, stop, options.heartbeat).run()
            with nullcontext() if alone else locked(folder, watch.note):
                _measure(planning, folder, executor, slots, watch, stop)
        finally:
            executor.close()
    return read_sweep(folder)


def _reopened(folder: Path, records: Mapping[int, PointRecord], watch: SweepWatcher) -> dict[int, PointRecord]:
    """The records, with failed points waiting again. The study follows what they say."""
    failed = [record for record in records.values() if record.status == "failed"]
    watch.note(f"{count(len(failed), 'failed point')} to run again" if failed else "no point has failed")
    again = [record.model_copy(update={"status": "waiting", "reason": "", "objective": None}) for record in failed]
    for record in again:
        write_record(folder, record)
    return {**records, **{record.number: record for record in again}}


def _url(folder: Path, asked: str | None) -> str:
    """The storage that is asked for, or that the sweep was begun with; of its own folder by default."""
    if asked is None and is_begun(folder):
        asked = read_plan(folder).storage or None
    return storage_url(folder, asked)


def _claims(
    planning: Planning,
    typical: Sequence[PlannedPoint],
    url: str,
    options: SweepOptions,
    watch: SweepWatcher,
    *,
    alone: bool,
) -> Claims:
    file = planning.file
    storage = open_storage(url, options.heartbeat, watch.note)
    epochs = max((p.setup.recipe.epochs for p in typical if p.setup), default=1)
    claims = Claims(
        storage, planning.title, file.objective.direction, alone=alone, pruner=pruner_of(file.pruner, epochs)
    )
    claims.study.sampler = sampler_of(file.sampler, len(claims.trials()))
    return claims


def _typical(planning: Planning) -> tuple[PlannedPoint, ...]:
    """A few points of a sweep whose points a sampler asks for."""
    generator, planner = Random(0), Planner(planning.resolver)  # noqa: S311 - points, not secrets
    return planner.plan((number, draw(planning.file.axes, generator)) for number in range(1, TYPICAL + 1))


def _states(folder: Path, records: Mapping[int, PointRecord]) -> list[PointRecord]:
    """All points that are known, as they are."""
    known = {point.number: _waiting(point) for point in read_plan(folder).points}
    return [record for _, record in sorted({**known, **records}.items())]


def _waiting(point: KnownPoint) -> PointRecord:
    status = "left out" if point.reason else "waiting"
    return PointRecord(
        number=point.number,
        values=point.values,
        status=status,
        reason=point.reason,
        params=point.params,
        macs=point.macs,
    )


def _measure(
    planning: Planning, folder: Path, executor: Executor, slots: Slots, watch: SweepWatcher, stop: Stop
) -> None:
    """One look at the test part for each of the chosen that was not measured yet."""
    records, choice = read_records(folder), read_choice(folder)
    choice = Choice(chosen=chosen(planning.file, _states(folder, records)), tested=choice.tested)
    write_choice(folder, choice)
    left, running = [number for number in choice.chosen if number not in choice.tested], set[int]()
    with stop.held():
        while (left or running) and not stop.asked:
            while left and len(running) < executor.slots:
                number = left.pop(0)
                running.add(number)
                data_dir = planning.resolver.setup(records[number].values).recipe.data_dir
                executor.start({**places(folder, number, slots), "measure": True, "data_dir": data_dir})
            for event in executor.poll(TICK):
                running.discard(event.number)
                if isinstance(event, Ended) and event.test is not None:
                    choice = choice.model_copy(
                        update={"tested": {**choice.tested, event.number: Figures(**event.test)}}
                    )
                    write_choice(folder, choice)
                    watch.tested(records[event.number], choice.tested[event.number])
                elif isinstance(event, Ended | Lost):
                    watch.note(f"point {event.number} is not measured on a test part: {event.reason}")
        stop.check()
