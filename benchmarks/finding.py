"""What a measurement found: a value with its spread, the two sides behind it, and the goal it is held to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.timing import Spread


@dataclass(frozen=True)
class Goal:
    """A bound on a finding's median."""

    bound: float
    at_least: bool = False

    def met_by(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True)
class Finding:
    """One line of the table. ``ours`` and ``theirs`` are medians in ``unit``; ``value`` is what the goal bounds."""

    what: str
    against: str
    value: Spread
    goal: Goal | None
    value_unit: str = "×"
    ours: float | None = None
    theirs: float | None = None
    unit: str = "s"
    note: str = ""

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.goal.met_by(self.value.median)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}
