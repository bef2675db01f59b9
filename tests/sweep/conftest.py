"""What the tests of sweeps share: a small network, sweeps over it, and an executor that runs in this process."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cnnspec.engine.sweep_file.model import Settings
from cnnspec.pytorch.sweep.executor import Event, event_of
from cnnspec.pytorch.sweep.record import Sweep
from cnnspec.pytorch.sweep.run import SweepOptions, run_sweep
from cnnspec.pytorch.sweep.start import Planning, plan, read_file
from cnnspec.pytorch.sweep.watch import SweepWatcher
from cnnspec.pytorch.sweep.worker import run_job
from cnnspec.pytorch.train.signals import Stop
from tests.train.conftest import SMALL

SWEEP = """\
cnnspec_sweep: 1
name: small
spec: small.yaml
recipe: {data: fake, epochs: 2, batch_size: 500, workers: 0, threads: 1}
axes:
  optimizer.Adam.lr: [0.01, 0.001]
  params.dropout: [0, 0.5]
"""


class InProcess:
    """Runs one job at a time, in a thread; keeps all jobs that it was given."""

    slots = 1

    def __init__(self) -> None:
        self.jobs: list[Mapping[str, Any]] = []
        self.events: queue.Queue[Event] = queue.Queue()
        self.answers: queue.Queue[bool] = queue.Queue()
        self.threads: list[threading.Thread] = []
        self.signal = Stop()

    def start(self, job: Mapping[str, Any]) -> None:
        self.jobs.append(job)
        self.threads.append(threading.Thread(target=self.work, args=[job]))
        self.threads[-1].start()

    def work(self, job: Mapping[str, Any]) -> None:
        def say(message: dict[str, Any]) -> None:
            self.events.put(event_of(message))

        say({"event": "ended", "number": job["number"], **run_job(job, say, self.signal, self.answers.get)})

    def answer(self, number: int, *, go: bool) -> None:
        self.answers.put(go)

    def poll(self, seconds: float) -> Iterator[Event]:
        with suppress(queue.Empty):
            yield self.events.get(timeout=seconds)

    def stop(self) -> None:
        self.signal.number = 15

    def close(self) -> None:
        for thread in self.threads:
            thread.join()

    @property
    def runs(self) -> list[int]:
        """The points whose runs were begun or gone on with, in order."""
        return [job["number"] for job in self.jobs if not job.get("measure")]

    @property
    def measured(self) -> list[int]:
        """The points that were measured on the test part."""
        return [job["number"] for job in self.jobs if job.get("measure")]


class Pretending(InProcess):
    """Writes what a run would write, without training: figures that follow from the epoch and the settings alone."""

    def work(self, job: Mapping[str, Any]) -> None:
        self.events.put(event_of({"event": "ended", "number": job["number"], **self.pretend(job)}))

    def pretend(self, job: Mapping[str, Any]) -> dict[str, Any]:
        if job.get("measure"):
            return {"status": "done", "test": {"loss": 0.5, "correct": 9, "images": 10, "seconds": 0.1}}
        run, recipe = Path(job["run"]), job["recipe"]
        run.mkdir(exist_ok=True)
        (run / "settings.json").write_text("{}")
        metrics = run / "metrics.jsonl"
        rows = metrics.read_text().splitlines() if metrics.exists() else []
        for epoch in range(len(rows) + 1, recipe["epochs"] + 1):
            rate, dropout = recipe["optimizer"]["Adam"]["lr"], job["params"].get("dropout", 0)
            row = {"epoch": epoch, "val_accuracy": epoch * rate - 0.001 * dropout + 1e-4 * recipe["seed"]}
            rows.append(json.dumps(row))
            metrics.write_text("\n".join(rows))
            self.events.put(event_of({"event": "epoch", "number": job["number"], "row": row}))
            if job["prune"] and not self.answers.get():
                return {"status": "pruned", "reason": "others were better"}
        return {"status": "done", "reason": ""}


class Notes(SweepWatcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def sweep_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a sweep file beside the small network, with words replaced."""

    def write(text: str = SWEEP, **replaced: str) -> Path:
        (tmp_path / "small.yaml").write_text(SMALL)
        for before, after in replaced.items():
            assert before in text
            text = text.replace(before, after)
        path = tmp_path / "sweep.yaml"
        path.write_text(text)
        return path

    return write


def planned(path: Path) -> Planning:
    return plan(read_file(str(path)), Settings())


def run_here(
    path: Path, out: Path, executor: InProcess | None = None, watch: SweepWatcher | None = None, **options: Any
) -> Sweep:
    """The sweep of a file, run in this process."""
    made = executor or InProcess()
    return run_sweep(planned(path), out, SweepOptions(**options), lambda slots: made, watch or SweepWatcher(), Stop())
