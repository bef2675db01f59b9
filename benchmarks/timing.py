"""Time several ways of doing one thing, side by side: rounds in which each side runs once, in an order that changes.

    sides ──► one warm-up each ──► round 1: a b c, round 2: b c a, … ──► seconds by side ──► ratio per round ──► Spread

The machine's speed drifts over minutes and every side is slow when it is, so sides are compared within a round. The
median of those ratios is the figure and their quartiles its spread.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

BUDGET = 40  # seconds for one comparison: on a slow machine it has fewer rounds
FEWEST = 5  # but no fewer than give quartiles


@dataclass(frozen=True)
class Spread:
    """A median with the quartiles around it, of ``n`` values."""

    median: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        if len(values) < 2:
            return cls(values[0], values[0], values[0], len(values))
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high, len(values))


@dataclass(frozen=True)
class Rounds:
    """Seconds by side; position i of every side is from round i."""

    seconds: Mapping[str, Sequence[float]]

    def median(self, side: str) -> float:
        return statistics.median(self.seconds[side])

    def spread(self, side: str) -> Spread:
        return Spread.of(self.seconds[side])

    def ratio(self, side: str, other: str) -> Spread:
        """How many times as long as ``other`` a ``side`` takes."""
        return Spread.of([a / b for a, b in zip(self.seconds[side], self.seconds[other], strict=True)])


def alternate(
    sides: Mapping[str, Callable[[], object]], rounds: int, prepare: Callable[[], object] = gc.collect
) -> Rounds:
    """Runs every side once per round; ``prepare`` runs before each, outside the clock. Ends early where time is out."""
    for side in sides.values():
        prepare()
        side()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    deadline = perf_counter() + BUDGET
    for index in range(rounds):
        if index >= FEWEST and perf_counter() > deadline:
            break
        for name in rotated(list(sides), index):
            prepare()
            seconds[name].append(clock(sides[name]))
    return Rounds(seconds)


def rotated(names: list[str], by: int) -> list[str]:
    start = by % len(names)
    return names[start:] + names[:start]


def clock(side: Callable[[], object]) -> float:
    start = perf_counter()
    side()
    return perf_counter() - start
