"""How much work a text may ask for: one Meter counts it, of a spec over all variants, and ends it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from cnnspec.engine.diagnostics import Sink, Span

MAX_STEPS = 700_000  # about half a second; a chain of 10,000 layers, each a line of its own, takes 605,000


class OutOfWork(Exception):
    """More work than a spec may ask for."""


class Meter(Struct):
    """Work done so far, in steps of about a microsecond; what is called often states what it costs."""

    steps: int = 0
    limit: int = MAX_STEPS
    told: bool = False  # that no work is left
    _beside: Meter | None = None

    def spend(self, steps: int) -> None:
        """Counts work that comes next. Raises OutOfWork, now and each time after."""
        self.steps += steps
        if self.steps > self.limit:
            raise OutOfWork

    @property
    def beside(self) -> Meter:
        """A meter for as much work again: what patched networks take to find out what they edit."""
        if self._beside is None:
            self._beside = Meter(limit=self.limit)
        return self._beside

    def another(self, limit: int) -> Meter:
        """A meter of the same kind that has counted nothing."""
        return replace(self, steps=0, limit=limit, told=False, _beside=None)

    @property
    def total(self) -> int:
        """The steps of both."""
        return self.steps + (self._beside.steps if self._beside else 0)

    @property
    def left(self) -> int:
        """How many steps may yet be done."""
        return max(self.limit - self.steps, 0)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is to be done."""
        return self.steps > self.limit


class LocatedMeter:
    """A meter for a recipe or a sweep. It knows which place is read, where it tells that no work is left."""

    def __init__(self, meter: Meter, at: Span) -> None:
        self.meter, self.at = meter, at

    def spend(self, steps: int, at: Span | None = None) -> None:
        """Count work that comes next, at a place or at the last one. Raises OutOfWork."""
        self.at = at or self.at
        self.meter.spend(steps)

    def tell(self, sink: Sink, what: str) -> None:
        """Say at the place where it was reached that ``what`` asks for too much."""
        message = f"the {what} takes too much work to check"
        sink.error("too-much-work", message, self.at, "reached here", help="use fewer values, settings or networks")
