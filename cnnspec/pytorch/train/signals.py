"""SIGTERM and SIGINT, in every phase of a run.

    outside of `held`       the signal ends the command where it is: Stopped is raised
    inside of `held`        it is noted; the loop asks `check` between two steps, saves, and raises Stopped

Once one has come, others are heard and change nothing: what the first has begun, such as a save, comes to its end.
A service that loses patience sends SIGKILL, and that is what checkpoints are made for.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cnnspec.pytorch.train.world import ALONE

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(KeyboardInterrupt):
    """A signal has asked for the end. No error: nothing that catches errors keeps it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What shells say of a process that a signal has ended."""
        return 128 + self.number


class Stop:
    """Whether a signal has asked for the end. As it is made, none is listened to: a program's own ways stay."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.world = ALONE  # whose signals count: one that any of its processes has heard ends all of them
        self.holding = False
        self.process = os.getpid()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear the signals, and leave them afterwards to whoever had them before. For the main thread."""
        before = {number: signal.signal(number, self._heard) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A stretch that signals do not break: `check` raises within it, where the caller is ready."""
        before, self.holding = self.holding, True
        try:
            yield
        finally:
            self.holding = before

    @property
    def asked(self) -> bool:
        return self.number is not None

    def check(self, due: bool = False) -> bool:
        """Raise Stopped where a signal has come to any process; else whether any of them has said ``due``."""
        number, any_due = self.world.most(self.number or 0, due)
        if number:
            raise Stopped(number)
        return bool(any_due)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self.process:
            _heard_by_worker(number)
            return
        first, self.number = self.number is None, self.number or number
        if first and not self.holding:
            raise Stopped(number)


def _heard_by_worker(number: int) -> None:
    """A worker has this from its parent: it ends when the parent wishes, and not at Ctrl-C, which the parent hears."""
    if number == signal.SIGTERM:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
