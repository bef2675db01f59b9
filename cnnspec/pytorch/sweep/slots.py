"""How many runs go side by side, and with how many threads: `--jobs auto`.

A network this small keeps one core busy and a second one hardly: side by side, a thread each, they get most out of
the cores. There are fewer where their memory would not do, and then with more threads each. A GPU takes one run, or
several.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.safe_open import MOST_RECORD, read_bounded
from cnnspec.pytorch.sweep.plan import PlannedPoint

RUNTIME = 600 * 2**20  # bytes of torch and a data set, for each process
MARGIN = 0.8  # of the memory that is free


@dataclass(frozen=True, slots=True)
class Slots:
    """So many runs at once, with so many threads each, on these GPUs."""

    jobs: int
    threads: int
    gpus: tuple[int, ...] = ()


def slots_for(asked: str, points: Iterable[PlannedPoint], per_gpu: int = 1) -> Slots:
    """The slots for points. Raises UsageError for a number of jobs that is none."""
    setups = [(point, point.setup) for point in points if point.setup and not point.is_left_out]
    devices = {setup.recipe.device for _, setup in setups}
    cores, gpus = _cores(), _gpus() if devices <= {"auto", "cuda"} else ()
    stated = {setup.recipe.threads for _, setup in setups if setup.recipe.threads}
    if asked != "auto":
        if not (asked.isdecimal() and 1 <= int(asked) <= 1024):
            raise UsageError(f"--jobs takes a number of runs or auto, not `{asked}`")
        jobs = int(asked)
    elif gpus:
        jobs = len(gpus) * per_gpu
    else:
        largest = max((point.memory for point, _ in setups), default=0) + RUNTIME
        jobs = max(1, min(cores // max(stated, default=1), int(MARGIN * _free() / largest)))
    if asked == "auto":
        jobs = max(1, min(jobs, len(setups) or jobs))
    return Slots(jobs, max(stated, default=max(1, cores // jobs)), gpus)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gpus() -> tuple[int, ...]:
    """The GPUs that can be seen, without torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return tuple(int(part) for part in visible.split(",") if part.strip().isdecimal())
    found = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
    return tuple(sorted(int(number) for number in found if number.isdecimal()))


def _free() -> float:
    """The bytes of memory that are free; no end of them where nobody says."""
    try:
        lines = read_bounded(Path("/proc/meminfo"), MOST_RECORD).decode().splitlines()
        return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError, IndexError):
        return float("inf")
