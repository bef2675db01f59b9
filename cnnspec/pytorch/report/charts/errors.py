"""The scale of errors: accuracies of 90, 99 and 99.9 % stand a step apart, as their errors of 10, 1 and 0.1 % do.

Where an accuracy is perfect its error has no logarithm: half of the least other error is added to all of them then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

STEPS = (0, 50, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 100)
FEW_STEPS = (0, 50, 80, 95, 99, 99.8, 99.98, 100)  # where there is less room
TINY = 1e-9  # what matplotlib asks beyond the end of the scale
PAD = 0.06  # of the scale, at both ends


def wants_errors(values: Sequence[float]) -> bool:
    """Whether accuracies (from 0 to 100) are so far apart and so high that their errors are what to look at."""
    return bool(values) and max(values) > 96 and (100 - min(values)) > 8 * (100 - max(values))


@dataclass(frozen=True, slots=True)
class Errors:
    """The scale; ``shift`` is added to all errors, in per cent."""

    shift: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Errors:
        """That of accuracies in per cent."""
        errors = [100 - value for value in values if value < 100]
        perfect = len(errors) < len(values)
        return cls(min(errors, default=0.02) / 2 if perfect else 0.0)

    def forward(self, accuracy: Any) -> Any:
        return -np.log10(np.maximum(100 + self.shift - np.asarray(accuracy, float), TINY))

    def inverse(self, place: Any) -> Any:
        return 100 + self.shift - 10 ** -np.asarray(place, float)

    def ticks(self, low: float, high: float, steps: Sequence[float] = STEPS) -> list[float]:
        """The steps between two ends that are not too near to a perfect one."""
        last = [100.0] if self.shift and high >= 100 else []
        return [*(step for step in steps if low <= step <= min(high, 100 - 1.5 * self.shift) and step < 100), *last]


def error_scale(axes: Axes, values: Sequence[float], which: str = "y", steps: Sequence[float] = STEPS) -> None:
    """Let accuracies in per cent stand on the scale of their errors."""
    scale = Errors.of(values)
    (axes.set_yscale if which == "y" else axes.set_xscale)("function", functions=(scale.forward, scale.inverse))
    low, high = (float(scale.forward(end)) for end in (min(values), max(values)))
    pad = PAD * max(high - low, 0.1)
    ends = float(scale.inverse(low - pad)), float(scale.inverse(high + pad))
    (axes.set_ylim if which == "y" else axes.set_xlim)(*ends)
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(FixedLocator(scale.ticks(*ends, steps)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
