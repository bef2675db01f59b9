"""Sweeps, run side by side in one pool, until all are done, the time is up, or a signal comes.

A sweep begins once the ones before it leave a slot free: so the first ones are done first, and no core waits for the
last run of a sweep. Whatever ends it, all runs are saved, and the next start goes on.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from signal import SIGTERM
from threading import Thread
from time import monotonic

from benchmarks.reproduction.pool import Pool
from cnnspec.cli.sweep_progress import SweepLines
from cnnspec.engine.diagnostics import CnnspecError
from cnnspec.pytorch.sweep import read_sweep
from cnnspec.pytorch.sweep.folder import CHOSEN, FINAL, is_begun
from cnnspec.pytorch.sweep.run import Making, SweepOptions, run_sweep
from cnnspec.pytorch.sweep.start import Planning
from cnnspec.pytorch.train.signals import Stop, Stopped

TURN = 0.2  # seconds that the pool waits for an event
SETTLED = 1.5  # seconds for which a slot is free before another sweep begins: longer than a driver looks for work


class Prefixed(SweepLines):
    """Lines that begin with the sweep's name, and none for each epoch."""

    def say(self, text: str) -> None:
        print(f"{self.planning.title:14} {text}", flush=True)

    def epoch(self, record: object, row: object) -> None:
        """Ninety runs have a thousand of them."""


class Sweeping(Thread):
    """One sweep, in a thread of its own; ``failure`` says why it is not done."""

    def __init__(self, planning: Planning, folder: Path, pool: Pool) -> None:
        super().__init__(name=planning.title, daemon=True)
        self.planning, self.folder, self.pool = planning, folder, pool
        self.stop_, self.failure = Stop(), ""

    def run(self) -> None:
        watch = Prefixed(self.planning)
        try:
            options = SweepOptions(jobs=str(self.pool.jobs))
            run_sweep(self.planning, self.folder, options, self.pool.share, watch, self.stop_)
        except Stopped:
            self.failure = "stopped; it goes on at the next start"
        except CnnspecError as error:
            self.failure = str(error)
        except Exception:  # noqa: BLE001 - one sweep fails, the others go on
            self.failure = traceback.format_exc()


def is_done(folder: Path) -> bool:
    """Whether a sweep has nothing left to run or to measure."""
    if not is_begun(folder) or not (folder / CHOSEN).exists():
        return False
    sweep = read_sweep(folder)
    over = (*FINAL, "left out")
    return all(point.status in over for point in sweep.points) and all(chosen.test for chosen in sweep.chosen)


def run_all(plans: Mapping[Path, Planning], jobs: int, until: float | None, make: Making) -> dict[str, str]:
    """Run sweeps into their folders; returns the reasons of those that are not done, by their titles.

    Raises Stopped where a signal has asked for the end, once all is saved.
    """
    stop, pool = Stop(), Pool(jobs, make)
    left = [Sweeping(planning, folder, pool) for folder, planning in plans.items()]
    begun: list[Sweeping] = []
    end = monotonic() + until if until is not None else float("inf")
    settled = 0.0  # until when slots that are free may still be taken
    with stop.listening(), stop.held():
        try:
            while left or any(sweeping.is_alive() for sweeping in begun):
                if (stop.asked or monotonic() > end) and not pool.is_stopping:
                    _stop(pool, begun, stop.number or SIGTERM)
                if pool.is_stopping:
                    left.clear()
                elif left and monotonic() > settled:
                    begun.append(left.pop(0))
                    begun[-1].start()
                    settled = monotonic() + SETTLED
                pool.turn(TURN)
                settled = max(settled, 0.0 if pool.free > 0 else monotonic() + SETTLED)
        finally:
            pool.close()
        stop.check()
    return {sweeping.name: sweeping.failure for sweeping in begun if sweeping.failure}


def _stop(pool: Pool, begun: list[Sweeping], number: int) -> None:
    for sweeping in begun:
        sweeping.stop_.number = number
    pool.stop()
