"""Points on this machine: a process for each slot, which runs one point after another."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cnnspec.engine.files import open_own
from cnnspec.pytorch.sweep.executor import Event, Lost, event_of

WORKER = (sys.executable, "-m", "cnnspec.pytorch.sweep.worker")
PATIENCE = 60.0  # seconds that a worker has to save and end


@dataclass(slots=True, eq=False)
class Worker:
    """A process and the number of what it runs, None for nothing; ``heard`` is a line that is not whole yet."""

    process: subprocess.Popen[bytes]
    number: int | None = None
    heard: bytearray = field(default_factory=bytearray)

    def tell(self, message: Mapping[str, Any]) -> None:
        with suppress(BrokenPipeError):  # it has died: its end is heard of in a moment
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()


class LocalExecutor:
    """Starts workers as they are needed, and a new one in the place of each that dies.

    ``gpus`` are the numbers of GPUs that slots take in turn; none: the CPU, with so many ``threads`` each.
    """

    def __init__(self, slots: int, threads: int, gpus: tuple[int, ...] = (), log: Path | None = None) -> None:
        self.slots, self.threads, self.gpus, self.log = slots, threads, gpus, log
        self.workers: list[Worker | None] = [None] * slots
        self.selector = selectors.DefaultSelector()

    def start(self, job: Mapping[str, Any]) -> None:
        free = next(slot for slot, worker in enumerate(self.workers) if worker is None or worker.number is None)
        worker = self.workers[free] or self._new(free)
        worker.number = int(job["number"])
        worker.tell(job)

    def _new(self, slot: int) -> Worker:
        environment = {**os.environ, "OMP_NUM_THREADS": str(self.threads)}
        if self.gpus:
            environment["CUDA_VISIBLE_DEVICES"] = str(self.gpus[slot % len(self.gpus)])
        log = open_own(self.log, os.O_WRONLY | os.O_APPEND) if self.log else os.open(os.devnull, os.O_WRONLY)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own module, in our own Python
                WORKER,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the driver to hear
            )
        finally:
            os.close(log)
        worker = self.workers[slot] = Worker(process)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self.selector.register(process.stdout, selectors.EVENT_READ, slot)
        return worker

    def answer(self, number: int, *, go: bool) -> None:
        for worker in self.workers:
            if worker and worker.number == number:
                worker.tell({"go": go})

    def poll(self, seconds: float) -> Iterator[Event]:
        for key, _ in self.selector.select(seconds):
            worker = self.workers[key.data]
            assert worker is not None
            data = os.read(key.fd, 1 << 16)
            if not data:
                self.selector.unregister(key.fileobj)
                self.workers[key.data] = None
                yield from _end(worker)
                continue
            worker.heard += data
            *lines, rest = worker.heard.split(b"\n")
            worker.heard = bytearray(rest)
            for event in (event_of(json.loads(line)) for line in lines):
                if not hasattr(event, "row"):
                    worker.number = None
                yield event

    def stop(self) -> None:
        for worker in filter(None, self.workers):
            with suppress(ProcessLookupError):
                worker.process.send_signal(signal.SIGTERM)

    def close(self) -> None:
        if any(worker and worker.number is not None for worker in self.workers):
            self.stop()
        for worker in filter(None, self.workers):
            assert worker.process.stdin is not None
            with suppress(BrokenPipeError):
                worker.process.stdin.close()
            try:
                worker.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            assert worker.process.stdout is not None
            worker.process.stdout.close()
        self.workers = [None] * self.slots
        self.selector.close()


def _end(worker: Worker) -> Iterator[Event]:
    """A worker is gone; so is what it ran."""
    code = worker.process.wait()
    for stream in (worker.process.stdin, worker.process.stdout):
        assert stream is not None
        with suppress(BrokenPipeError):
            stream.close()
    if worker.number is not None:
        reason = f"killed by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"ended with {code}"
        yield Lost(worker.number, f"its worker was {reason}" if code < 0 else f"its worker {reason}")
