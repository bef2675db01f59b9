"""What `cnnspec sweep --plan` shows: every point with its price, what is left out and why, and the time of it all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnnspec.cli.output import console
from cnnspec.engine.diagnostics import CnnspecError, count, printable
from cnnspec.engine.sweep_file.model import flow
from cnnspec.extras import requiring
from cnnspec.pytorch.sweep.start import Planning, said

if TYPE_CHECKING:
    from cnnspec.pytorch.sweep.plan import PlannedPoint


def show_plan(found: Planning) -> None:
    """A line for each point, and the sum."""
    say = console().print
    runs = [point for point in found.points if not point.is_left_out]
    left = [point for point in found.points if point.is_left_out]
    width = len(str(len(found.points)))
    for point in found.points:
        what = f"left out: {said(point)}" if point.is_left_out else price(point)
        say(printable(f"{point.number:>{width}}  {values_line(point.values)}  {what}"))
    if not found.points:
        most = found.file.bounds.runs
        many = f"up to {count(most, 'point')}" if most else "points until the time budget ends"
        say(f"{found.title}: {many}, proposed while the sweep runs, each checked before it starts")
        return
    say(f"{found.title}: {count(len(runs), 'run')}" + (f", {count(len(left), 'point')} left out" if left else ""))


def price(point: PlannedPoint) -> str:
    """``61,706 params  416,520 MACs``."""
    return f"{point.params:,} params  {point.macs:,} MACs"


def values_line(values: Mapping[str, Any]) -> str:
    """``optimizer.Adam.lr=0.001 params.dropout=0.2``."""
    return " ".join(f"{name}={flow(value)}" for name, value in values.items()) or "as it is"


def show_time(found: Planning, jobs: str, per_gpu: int) -> None:
    """The time of all runs, by one measured step of each network; why there is none, where it cannot be measured."""
    if not found.points:
        return
    try:
        with requiring("train", "it"):
            from cnnspec.pytorch.sweep.slots import slots_for
            from cnnspec.pytorch.sweep.time_estimate import estimate
        slots = slots_for(jobs, found.points, per_gpu)
        seconds = estimate(found.points, slots, lambda text: None)
    except CnnspecError as error:
        console().print(f"the time cannot be estimated: {error.first_line}")
        return
    side = f"{count(slots.jobs, 'run')} in parallel, {count(slots.threads, 'thread')} each"
    console().print(f"about {duration(seconds)} ({side}; from one measured step of each network)")


def duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
