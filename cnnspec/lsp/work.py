"""Work that a newer message ends: a meter that asks from time to time whether it is still wanted."""

from __future__ import annotations

from collections.abc import Callable

from cnnspec.engine.network import Meter
from cnnspec.engine.syntax import OutOfWork

EVERY = 2_000  # steps of the meter, about two milliseconds


class StaleError(BaseException):
    """The text has changed: the rest of this work is for nobody. No handler of errors catches it."""


class InterruptibleMeter(Meter):
    """A meter that raises StaleError once ``is_stale`` says so."""

    is_stale: Callable[[], bool] = lambda: False
    due: int = EVERY

    def spend(self, steps: int) -> None:
        """Count work that comes next. Raises OutOfWork and StaleError."""
        self.steps += steps
        if self.steps > self.due:
            self.due = self.steps + EVERY
            if self.is_stale():
                raise StaleError
        if self.steps > self.limit:
            raise OutOfWork
