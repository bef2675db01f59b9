"""The error scale: accuracies are placed by the logarithm of their error, so 90, 99 and 99.9 % are equally spaced.

An accuracy of 100 % has no such logarithm. If there is one, half of the least other error is added to all errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

STEPS = (0, 50, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 100)
FEW_STEPS = (0, 50, 80, 95, 99, 99.8, 99.98, 100)  # for small panels
TINY = 1e-9  # least error; matplotlib also transforms values beyond the end of the scale
PAD = 0.06  # fraction of the scale, at both ends


def needs_error_scale(values: Sequence[float]) -> bool:
    """Tell whether accuracies (0 to 100) are so high and so far apart that they need the error scale."""
    return bool(values) and max(values) > 96 and (100 - min(values)) > 8 * (100 - max(values))


@dataclass(frozen=True, slots=True)
class Errors:
    """The error scale. ``shift`` is added to all errors, in percent."""

    shift: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Errors:
        """Return the scale for accuracies in percent."""
        errors = [100 - value for value in values if value < 100]
        perfect = len(errors) < len(values)
        return cls(min(errors, default=0.02) / 2 if perfect else 0.0)

    def forward(self, accuracy: Any) -> Any:
        return -np.log10(np.maximum(100 + self.shift - np.asarray(accuracy, float), TINY))

    def inverse(self, position: Any) -> Any:
        return 100 + self.shift - 10 ** -np.asarray(position, float)

    def ticks(self, low: float, high: float, steps: Sequence[float] = STEPS) -> list[float]:
        """Return the steps between two ends, without those too close to 100 %."""
        last = [100.0] if self.shift and high >= 100 else []
        return [*(step for step in steps if low <= step <= min(high, 100 - 1.5 * self.shift) and step < 100), *last]


def error_scale(axes: Axes, values: Sequence[float], which: str = "y", steps: Sequence[float] = STEPS) -> None:
    """Put accuracies in percent on the error scale."""
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
