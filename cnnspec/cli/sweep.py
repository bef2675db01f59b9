"""`cnnspec sweep`.

Torch and Optuna are imported by what runs: a plan starts without them.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnnspec.cli.options import DataDir
from cnnspec.cli.output import console
from cnnspec.cli.sweep_plan import show_plan, show_time, values_line
from cnnspec.engine.diagnostics import DivergedError, UsageError, count, printable
from cnnspec.engine.sweep_file.axes import SETTABLE, settings_of
from cnnspec.engine.sweep_file.model import PARAMS, Settings
from cnnspec.pytorch.sweep.start import Planning, plan, read_file
from cnnspec.pytorch.train.signals import Stop

if TYPE_CHECKING:
    from cnnspec.pytorch.sweep.executor import Executor
    from cnnspec.pytorch.sweep.record import Sweep
    from cnnspec.pytorch.sweep.slots import Slots

FOLDER = Path("sweeps")  # where sweeps go that are given no folder


class Executors(StrEnum):
    """Where points run."""

    local = "local"
    ray = "ray"


def sweep(
    file: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A sweep file, or the name of a shipped sweep.")],
    plan_: Annotated[
        bool, typer.Option("--plan", help="Check every point, show its cost, estimate the time, and run nothing.")
    ] = False,
    jobs: Annotated[
        str,
        typer.Option("--jobs", metavar="N|auto", help="Runs in parallel; auto chooses by the cores."),
    ] = "auto",
    per_gpu: Annotated[int, typer.Option("--per-gpu", metavar="N", help="Runs on each GPU.")] = 1,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Set a value for all points: epochs=2, params.width=8."),
    ] = None,
    data_dir: DataDir = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder of the sweep  [default: sweeps/NAME]")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option("--storage", metavar="URL", help="An Optuna database that several machines share."),
    ] = None,
    extend: Annotated[
        bool, typer.Option("--extend", help="Add the new points of an edited sweep file to the existing sweep.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed points again, from their last checkpoints.")
    ] = False,
    executor: Annotated[Executors, typer.Option("--executor", help="Where points run.")] = Executors.local,
    address: Annotated[
        str | None, typer.Option("--address", metavar="HOST:PORT", help="The Ray cluster  [default: start a new one]")
    ] = None,
    heartbeat: Annotated[
        int, typer.Option("--heartbeat", metavar="SECONDS", help="How often a driver reports that it is alive.")
    ] = 15,
) -> None:
    """Train many networks from one sweep file: planned first, run in parallel, each point once.

    Points that cannot be built, exceed the budget or duplicate another point are skipped, with the reason. Start a
    stopped sweep again to continue it; unfinished runs continue from their checkpoints. The best point is chosen by
    validation, and settings whose seeds all finished come first. Only the chosen points are evaluated on the test
    set, once, at the end.
    """
    found = plan(read_file(file), _given(set_, data_dir))
    folder = out or FOLDER / found.title
    if plan_:
        show_plan(found)
        show_time(found, jobs, per_gpu)
        return
    if executor is Executors.local and address is not None:
        raise UsageError("--address is of a Ray cluster", "--executor ray goes with it")
    done = _run(found, folder, jobs, per_gpu, storage, extend, retry_failed, executor, address, heartbeat)
    _say_chosen(done)
    failed = sum(point.status == "failed" for point in done.points)
    if failed:
        console().print(f"{count(failed, 'point')} failed: --retry-failed runs {'it' if failed == 1 else 'them'} again")
    console().print(printable(f"the sweep is in {folder}"))
    became = {point.status for point in done.points}
    if not became & {"done", "pruned"}:
        if "failed" in became:
            raise DivergedError(f"no run of {found.title} finished", f"their logs are in {folder / 'points'}")
        if became & {"waiting", "running"}:
            help = "increase `time` in `budget` and start the sweep again with --extend"
            raise UsageError(f"the time budget of {found.title} ended before any point finished", help)
        raise UsageError(f"{found.title} has no point that can be run", "the reason for each is above")


def _run(
    found: Planning,
    folder: Path,
    jobs: str,
    per_gpu: int,
    storage: str | None,
    extend: bool,
    retry_failed: bool,
    executor: Executors,
    address: str | None,
    heartbeat: int,
) -> Sweep:
    from cnnspec.cli.sweep_progress import watcher
    from cnnspec.pytorch.sweep.run import SweepOptions, run_sweep

    def make(slots: Slots) -> Executor:
        if executor is Executors.ray:
            from cnnspec.pytorch.sweep.ray_executor import RayExecutor

            return RayExecutor(slots, address)
        from cnnspec.pytorch.sweep.local_executor import LocalExecutor

        return LocalExecutor(slots.jobs, slots.threads, slots.gpus, folder / "log.txt")

    stop = Stop()
    options = SweepOptions(jobs, per_gpu, storage, extend, heartbeat, retry_failed)
    with stop.listening(), watcher(found) as watch:
        try:
            return run_sweep(found, folder, options, make, watch, stop)
        except KeyboardInterrupt as interrupt:
            interrupt.add_note("run the same command to continue")
            raise


def _say_chosen(done: Sweep) -> None:
    from cnnspec.pytorch.sweep.choose import finished

    points = {point.number: point for point in done.points}
    for chosen in done.chosen:
        point, test = points[chosen.point], chosen.test
        figures = f"{done.objective} {point.objective:.4f}" + (
            f", test accuracy {100 * test.accuracy:.2f} %" if test else ""
        )
        ended, planned = finished(done.points, point.values)
        figures += f", {ended} of {planned} seeds finished" if ended < planned else ""
        console().print(printable(f"chosen: {chosen.point:04}  {values_line(point.values)}  {figures}"))


def _given(texts: list[str] | None, data_dir: Path | None) -> Settings:
    """What `--set` and `--data-dir` say. Raises UsageError."""
    from cnnspec.cli.options import value_of

    pairs = []
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not (name.startswith(PARAMS) or name.split(".")[0] in SETTABLE):
            raise UsageError(
                f"--set takes a setting of the recipe or a param, not `{text}`", "epochs=2, params.width=8"
            )
        pairs.append((name, value_of(f"--set {name}", value)))
    if data_dir is not None:
        pairs.append(("data_dir", str(data_dir.absolute())))
    return settings_of(json.loads(json.dumps(pairs)))
