"""The driver: takes points from the claims, lets an executor run them, and writes down what becomes of each.

claim ──► start ──► Epoch … ──► Ended ──record──► finish
             ▲         │ go or not
             └── Lost ◄┘         gone on with from its last checkpoint
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from cnnspec.engine.diagnostics import OutputError
from cnnspec.engine.files import refuse_link
from cnnspec.engine.safe_open import MOST_ROWS, read_inside
from cnnspec.pytorch.sweep.claims import Claim, Claims, values_of
from cnnspec.pytorch.sweep.clock import Clock
from cnnspec.pytorch.sweep.executor import Ended, Epoch, Event, Executor, Lost
from cnnspec.pytorch.sweep.folder import PointRecord, log_file, read_record, run_folder, write_record
from cnnspec.pytorch.sweep.plan import PlannedPoint
from cnnspec.pytorch.sweep.slots import Slots
from cnnspec.pytorch.sweep.space import is_known
from cnnspec.pytorch.sweep.start import Planning
from cnnspec.pytorch.sweep.suggestions import Suggestions, left_out
from cnnspec.pytorch.sweep.watch import SweepWatcher
from cnnspec.pytorch.train.run_folder import METRICS
from cnnspec.pytorch.train.signals import Stop

TICK = 0.5  # seconds between looks at the claims where nothing happens
SAVING = 90.0  # seconds that runs have to save when a signal ends the sweep
LOSSES = 5  # deaths of a run's worker without an epoch between them: it is the run that kills it


@dataclass(slots=True, eq=False)
class RunningPoint:
    """A point that runs: what it was claimed as, its record, and the deaths of its workers since its last epoch.

    ``before`` are the seconds that it has run in earlier starts.
    """

    claim: Claim
    planned: PlannedPoint
    record: PointRecord
    before: float = 0.0
    began: float = field(default_factory=lambda: monotonic())
    losses: int = 0

    def update(self, **fields: Any) -> PointRecord:
        """The record with other fields, and with the seconds so far."""
        seconds = round(self.before + monotonic() - self.began, 3)
        self.record = self.record.model_copy(update={"seconds": seconds, **fields})
        return self.record


class Driver:
    """Runs the points of a planned sweep in its folder. ``heartbeat`` is in seconds.

    ``unwritten`` is what a run could not write: a disk that is full is no fault of the point's, and ends the sweep.
    """

    def __init__(
        self,
        folder: Path,
        planning: Planning,
        claims: Claims,
        executor: Executor,
        slots: Slots,
        watch: SweepWatcher,
        stop: Stop,
        heartbeat: float,
    ) -> None:
        self.folder, self.planning, self.file, self.claims = folder, planning, planning.file, claims
        self.executor, self.slots, self.watch, self.stop, self.heartbeat = executor, slots, watch, stop, heartbeat
        self.known = {p.number: p for p in planning.points if not p.is_left_out}
        self.suggestions = None if is_known(self.file) else Suggestions(self.file, claims, planning.planner)
        self.running: dict[int, RunningPoint] = {}
        self.restarts: list[RunningPoint] = []  # whose workers have died
        self.unwritten, self.told_late = "", False
        self.clock = Clock(folder)

    # ------------------------------------------------------------------------------------------------------ the loop

    def run(self) -> None:
        """Run all that there is to run. Raises Stopped once a signal has come and all runs are saved; OutputError."""
        with self.stop.held():
            try:
                self.loop()
            finally:
                self.clock.write()

    def loop(self) -> None:
        self.clock.write()
        while not self.is_ending():
            is_exhausted = self.fill()
            if is_exhausted and not self.running and not self.claims.others_run():
                return
            self.hear(TICK)
            self.claims.beat(self.heartbeat)
            if self.clock.is_due:
                self.keep_time()
        self.end()
        self.stop.check()
        raise OutputError(self.unwritten, "nothing that was written is lost: the same command goes on")

    def keep_time(self) -> None:
        """Write how long the sweep and its points have run: a kill comes without notice."""
        self.clock.write()
        for running in self.running.values():
            write_record(self.folder, running.update())

    def is_ending(self) -> bool:
        return bool(self.stop.asked or self.unwritten)

    def fill(self) -> bool:
        """Let every free slot run something; whether nothing is left to run. Slots may be others' for a while."""
        while len(self.running) < self.executor.slots and not self.is_ending():
            found = self.restarts.pop() if self.restarts else self.next()
            if found is None:
                return True
            self.running[found.claim.number] = found
            self.executor.start(self.job(found))
        return False

    def next(self) -> RunningPoint | None:
        """The next point: one that was given up, or a new one."""
        if self.is_late():
            if not self.told_late:
                self.watch.note("the time of the sweep is used up: what runs comes to its end, and nothing more begins")
            self.told_late = True
            return None
        for claim, planned in self.given_up() if self.suggestions else self.unclaimed():
            return self.begun(claim, planned)
        if self.suggestions:
            for asked, planned in self.suggestions.next():
                if asked is not None:
                    return self.begun(asked, planned)
                record = left_out(planned)
                write_record(self.folder, record)
                self.watch.changed(record)
        return None

    def is_late(self) -> bool:
        """Whether the time of the sweep is used up: what runs comes to its end, and nothing more begins."""
        return self.file.bounds.time is not None and self.clock.used > self.file.bounds.time

    def unclaimed(self) -> Iterator[tuple[Claim, PlannedPoint]]:
        taken = self.claims.taken()
        for number, planned in self.known.items():
            claim = None if number in taken else self.claims.claim(number, planned.values)
            if claim is not None:
                yield claim, planned

    def given_up(self) -> Iterator[tuple[Claim, PlannedPoint]]:
        for trial in self.claims.abandoned():
            claim = self.claims.retake(trial)
            if claim is not None:
                yield claim, self.planning.planner.point(claim.number, values_of(trial))

    def begun(self, claim: Claim, planned: PlannedPoint) -> RunningPoint:
        costs = {"params": planned.params, "macs": planned.macs}
        record = PointRecord(number=claim.number, values=dict(claim.values), status="running", **costs)
        record = record.model_copy(update={"reports": self.reports(claim.number)})
        earlier = read_record(self.folder, claim.number)
        running = RunningPoint(claim, planned, record, earlier.seconds if earlier else 0.0)
        self.write(running.update())
        return running

    def job(self, running: RunningPoint) -> dict[str, Any]:
        assert running.planned.setup is not None
        number, job = running.claim.number, running.planned.setup.as_job()
        job["recipe"] = {**job["recipe"], "threads": job["recipe"].get("threads", self.slots.threads)}
        return {**job, **places(self.folder, number, self.slots), "prune": self.file.pruner is not None}

    # ---------------------------------------------------------------------------------------------- what is heard of

    def hear(self, seconds: float) -> None:
        for event in self.executor.poll(seconds):
            if event.number in self.running:
                self.heard(self.running[event.number], event)

    def heard(self, running: RunningPoint, event: Event) -> None:
        match event:
            case Epoch(row=row):
                self.epoch(running, row)
            case Lost(reason=reason):
                self.lost(running, reason)
            case Ended(status="stopped"):
                del self.running[event.number]
                if not self.is_ending():  # it was the worker that heard a signal, and not the sweep
                    self.restarts.append(running)
                else:
                    self.write(running.update(status="waiting", reason="interrupted"))
            case Ended(status="unwritten", reason=reason):
                self.unwritten = self.unwritten or reason
                del self.running[event.number]
                self.write(running.update(status="waiting", reason=reason))
            case Ended(status=status, reason=reason):
                self.ended(running, status, reason)

    def epoch(self, running: RunningPoint, row: Mapping[str, Any]) -> None:
        running.losses = 0
        running.update(reports=self.reports(running.claim.number))
        self.watch.epoch(running.record, row)
        if self.file.pruner is not None:
            worse = self.claims.report(running.claim.number, running.record.reports)
            setup = running.planned.setup
            is_last = setup is not None and row["epoch"] >= setup.recipe.epochs
            self.executor.answer(running.claim.number, go=is_last or not worse)

    def lost(self, running: RunningPoint, reason: str) -> None:
        """Go on with a run whose worker has died, unless it is the run that kills its workers."""
        running.losses += 1
        if running.losses >= LOSSES:
            why = f"{reason}, {LOSSES} times without an epoch between: perhaps there is not enough memory"
            self.ended(running, "failed", why)
            return
        del self.running[running.claim.number]
        self.watch.note(f"point {running.claim.number}: {reason}; it goes on from its last checkpoint")
        self.restarts.append(running)

    def ended(self, running: RunningPoint, status: str, reason: str) -> None:
        del self.running[running.claim.number]
        if not self.claims.is_ours(running.claim.number):
            self.watch.note(f"point {running.claim.number} was taken over by another driver")
            self.claims.own.pop(running.claim.number)
            return
        reports = self.reports(running.claim.number)
        objective = self.file.objective.of(list(reports)) if reports and status != "failed" else None
        record = running.update(status=status, reason=reason, objective=objective, reports=reports)
        self.write(record)
        self.claims.finish(record)

    def write(self, record: PointRecord) -> None:
        write_record(self.folder, record)
        self.watch.changed(record)

    def reports(self, number: int) -> tuple[float, ...]:
        """The objective's figure after each epoch of a run, as its metrics have them."""
        path = run_folder(self.folder, number) / METRICS
        lines = read_inside(path, MOST_ROWS).decode().splitlines() if path.exists() else []
        figures = (json.loads(line)[self.file.objective.figure] for line in lines)
        return tuple(figure for figure in figures if figure is not None)

    # ------------------------------------------------------------------------------------------------------ the end

    def end(self) -> None:
        """A signal has come, or the disk is full: let all runs save, and let go of them."""
        self.executor.stop()
        until = monotonic() + SAVING
        while self.running and monotonic() < until:
            for event in self.executor.poll(TICK):
                running = self.running.get(event.number)
                if running is not None and isinstance(event, Lost):
                    event = Ended(event.number, "stopped")
                if running is not None:
                    self.heard(running, event)
        self.claims.give_up()


def places(folder: Path, number: int, slots: Slots) -> dict[str, Any]:
    """What every job says of a point: where its run and its log are, and how many threads it has.

    Raises OutputError where the run's folder is a link.
    """
    run, log = run_folder(folder, number).absolute(), log_file(folder, number).absolute()
    refuse_link(run)
    return {"number": number, "run": str(run), "log": str(log), "threads": slots.threads, "prune": False}
