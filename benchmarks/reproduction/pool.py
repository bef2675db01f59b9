"""One pool of slots for several sweeps: a slot that one does not need is another's.

    Driver of a sweep ──start──► Share ──orders──► Pool ──► LocalExecutor ──► workers
      (its own thread) ◄─poll───       ◄──events──  (the main thread turns it)

Numbers of points are the sweep's own; to the workers each job of the pool has another.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from time import sleep
from typing import Any

from cnnspec.pytorch.sweep.executor import Ended, Epoch, Event, Executor
from cnnspec.pytorch.sweep.run import Making
from cnnspec.pytorch.sweep.slots import Slots


class Pool:
    """``jobs`` slots; workers are started as they are needed, and stay for all sweeps."""

    def __init__(self, jobs: int, make: Making) -> None:
        self.jobs, self.make = jobs, make
        self.lock = Lock()
        self.jobs_given = 0
        self.owners: dict[int, tuple[Share, int]] = {}  # of each job that waits or runs: whose it is, and its point
        self.waiting: queue.SimpleQueue[tuple[int, Mapping[str, Any]]] = queue.SimpleQueue()
        self.started: set[int] = set()
        self.executor: Executor | None = None
        self.is_stopping = False

    @property
    def free(self) -> int:
        return self.jobs - len(self.owners)

    def share(self, slots: Slots) -> Share:
        """What one sweep has of the pool. The first one says how many threads and which GPUs workers have."""
        with self.lock:
            if self.executor is None:
                self.executor = self.make(replace(slots, jobs=self.jobs))
        return Share(self)

    def order(self, share: Share, job: Mapping[str, Any]) -> None:
        with self.lock:
            self.jobs_given += 1
            self.owners[self.jobs_given] = (share, int(job["number"]))
            self.waiting.put((self.jobs_given, {**job, "number": self.jobs_given}))

    # ---------------------------------------------------------------------------------------- from the main thread

    def turn(self, seconds: float) -> None:
        """Start what was ordered, and tell the sweeps what has happened meanwhile."""
        if self.executor is None:
            sleep(seconds)
            return
        while self.is_stopping or len(self.started) < self.jobs:
            try:
                key, job = self.waiting.get_nowait()
            except queue.Empty:
                break
            if self.is_stopping:
                self._tell(Ended(key, "stopped"))
            else:
                self.started.add(key)
                self.executor.start(job)
        for event in self.executor.poll(seconds):
            self._tell(event)

    def _tell(self, event: Event) -> None:
        with self.lock:
            share, number = self.owners[event.number]
            if not isinstance(event, Epoch):
                del self.owners[event.number]
                self.started.discard(event.number)
        share.events.put(replace(event, number=number))

    def stop(self) -> None:
        """Let every run save and end, and start none."""
        self.is_stopping = True
        if self.executor is not None:
            self.executor.stop()

    def close(self) -> None:
        if self.executor is not None:
            self.executor.close()


class Share:
    """The executor of one sweep."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    @property
    def slots(self) -> int:
        """Those that it uses and those that nobody uses."""
        with self.pool.lock:
            own = sum(share is self for share, _ in self.pool.owners.values())
            return own + max(self.pool.free, 0)

    def start(self, job: Mapping[str, Any]) -> None:
        self.pool.order(self, job)

    def answer(self, number: int, *, go: bool) -> None:
        """The report's sweeps prune nothing."""

    def poll(self, seconds: float) -> Iterator[Event]:
        with suppress(queue.Empty):
            yield self.events.get(timeout=seconds)
            while True:
                yield self.events.get_nowait()

    def stop(self) -> None:
        """The pool stops all of them."""

    def close(self) -> None:
        """Workers stay for the other sweeps."""
