"""The process that runs points, one after another: `python -m cnnspec.pytorch.sweep.worker`.

    stdin    {"number": 3, "run": …, "log": …, "spec": …, "recipe": …}      a run, begun or gone on with
             {"number": 3, "run": …, "log": …, "measure": true, "data_dir": …}        one look at the test part
             {"go": true} or {"go": false}                                  after each epoch, where runs are pruned
    stdout   {"event": "epoch", "number": 3, "row": …}
             {"event": "ended", "number": 3, "status": "done", "reason": ""}

What a run prints goes into its log. The process ends with its parent, and at SIGTERM once its run is saved.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from cnnspec.engine.diagnostics import OccupiedError, OutputError
from cnnspec.engine.files import open_own
from cnnspec.pytorch.train.signals import Stop, Stopped
from cnnspec.pytorch.train.watch import Metrics, Watcher, epoch_line

Job = Mapping[str, Any]
Say = Callable[[dict[str, Any]], None]
LOOK_EVERY = 0.3  # seconds between looks for the parent
FULL = (errno.ENOSPC, errno.EDQUOT)
LAST = 20.0  # seconds that a worker without a parent has to save


class Pruned(Exception):
    """The run is to end: others are better."""


class Speaker(Watcher):
    """Tells the driver of each epoch, and asks whether to go on where runs are pruned."""

    def __init__(self, number: int, say: Say, ask: Callable[[], bool] | None) -> None:
        self.number, self.say, self.ask = number, say, ask

    def note(self, text: str) -> None:
        print(text, flush=True)  # noqa: T201 - into the log

    def epoch(self, metrics: Metrics) -> None:
        print(f"epoch {metrics.epoch}  {epoch_line(metrics)}", flush=True)  # noqa: T201 - likewise
        self.say({"event": "epoch", "number": self.number, "row": asdict(metrics)})
        if self.ask is not None and not self.ask():
            raise Pruned


def main() -> None:
    """Run what is asked for until the input ends."""
    voice = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):  # logs are UTF-8, whatever the locale is
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    _end_with_parent()
    stop = Stop()
    with stop.listening():
        try:
            for line in sys.stdin:
                _logged(json.loads(line), lambda event: _say(voice, event), stop)
        except Stopped as stopped:
            sys.exit(stopped.exit_code)


def _say(voice: TextIO, event: dict[str, Any]) -> None:
    voice.write(json.dumps(event) + "\n")
    voice.flush()


def _answer() -> bool:
    line = sys.stdin.readline()
    return not line or bool(json.loads(line)["go"])


def _logged(job: Job, say: Say, stop: Stop) -> None:
    """One job, with what it prints in its log."""
    log = open_own(Path(job["log"]), os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    say({"event": "ended", "number": job["number"], **run_job(job, say, stop, _answer)})
    stop.check()


def run_job(job: Job, say: Say, stop: Stop, answer: Callable[[], bool]) -> dict[str, Any]:
    """One job; returns what became of it, whatever that is."""
    try:
        if job.get("measure"):
            test = _measured(job)
            return {"status": "done", "test": test, "reason": "" if test else "the data have no test part"}
        _run_alone(job, Speaker(job["number"], say, answer if job["prune"] else None), stop)
    except Stopped:
        return {"status": "stopped", "reason": "stopped by a signal"}
    except Pruned:
        return {"status": "pruned", "reason": "others were better"}
    except Exception as error:  # noqa: BLE001 - whatever ends a run, the others go on
        is_full = isinstance(error, OSError) and error.errno in FULL  # its log is no file of ours
        return {
            "status": "unwritten" if is_full or isinstance(error, OutputError) else "failed",
            "reason": _reason(error),
        }
    return {"status": "done", "reason": ""}


def _run_alone(job: Job, watch: Watcher, stop: Stop) -> None:
    """Begin a run or go on with it, behind a worker whose driver was killed: it may still begin it, or save it."""
    until = time.monotonic() + 2 * LAST
    while True:
        try:
            _run(job, watch, stop)
        except OccupiedError:
            if time.monotonic() > until:
                raise
            stop.check()
            time.sleep(LOOK_EVERY)
        else:
            return


def _run(job: Job, watch: Watcher, stop: Stop) -> None:
    from cnnspec.api import load
    from cnnspec.engine.recipe import Recipe
    from cnnspec.pytorch.train import resume, train
    from cnnspec.pytorch.train.run_files import read_record
    from cnnspec.pytorch.train.run_folder import is_begun

    run, sizes = Path(job["run"]), job["input"]
    if is_begun(run):
        recipe = read_record(run).training
        folder = job["recipe"].get("data_dir") or recipe.data_dir  # the data may have moved, or the sweep
        resume(run, watch, stop, recipe=recipe.model_copy(update={"data_dir": folder}), test=False)
        return
    spec = load(job["spec"], job["variant"], input=None if sizes is None else tuple(sizes), **job["params"])
    train(spec, Recipe.of(**job["recipe"]), run, watch, stop, test=False)


def _measured(job: Job) -> dict[str, Any] | None:
    """The figures on the test part; None where the data have none."""
    from cnnspec.pytorch.data.streamed import reported
    from cnnspec.pytorch.evaluate import open_run
    from cnnspec.pytorch.train.device import threads
    from cnnspec.pytorch.train.factories import made_loss
    from cnnspec.pytorch.train.loop import measure

    opened = open_run(Path(job["run"]))
    recipe = opened.record.training
    with threads(job["threads"]), reported():
        part = opened.measured_part(Path(job["data_dir"]) if job["data_dir"] else None, print)
        if part.name != "test":
            return None
        data = part.data
        loss = made_loss(recipe.loss, opened.device)
        return asdict(measure(opened.model, data, data.all(), recipe.batch_size, "the test part", loss=loss))


def _reason(error: Exception) -> str:
    import traceback

    from cnnspec.engine.diagnostics import CnnspecError

    said = str(error).strip().split("\n")[0] or type(error).__name__
    if isinstance(error, MemoryError) or "out of memory" in said.lower() or "can't allocate memory" in said.lower():
        return f"out of memory: {said}" if not said.lower().startswith("out of memory") else said
    if not isinstance(error, CnnspecError):
        traceback.print_exc()
        return f"{type(error).__name__}: {said}"
    print(error, flush=True)  # noqa: T201 - into the log
    return error.first_line


def _end_with_parent() -> None:
    """Save and end where the driver is gone: it cannot say so any more."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(LAST)
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()


if __name__ == "__main__":
    main()
