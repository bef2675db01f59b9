"""What a curve says: accuracies after each epoch, from 0 to 1, as one number.

    0.90 0.97 0.98 0.985          trained: over one half at its best
    ├── reaches(0.98)             3, the first epoch with so much; one more than there are, if there is none
    ├── speed                     the mean over the epochs: what learns faster has more of it
    └── fluctuation               the standard deviation of its changes: 0.07, 0.01, 0.005

Runs that differ in their seed alone are told by mean and standard deviation. Two groups are apart where these
intervals do not overlap; within them nothing is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, stdev

Curve = Sequence[float]
Curves = Sequence[Curve]  # one for each seed

TRAINED = 0.5  # accuracy at its best, above which a run has trained
CHANCE = 0.15  # accuracy at its best, below which a run has not begun to: one class alone gives 0.112


def is_trained(curve: Curve) -> bool:
    return max(curve, default=0.0) > TRAINED


def is_at_chance(curve: Curve) -> bool:
    return max(curve, default=0.0) < CHANCE


def reaches(curve: Curve, level: float) -> int:
    """The first epoch after which the accuracy is at least ``level``; one more than there are, if there is none."""
    return next((epoch for epoch, value in enumerate(curve, 1) if value >= level), len(curve) + 1)


def fluctuation(curve: Curve) -> float | None:
    """The standard deviation of the changes from epoch to epoch; None where there are fewer than two changes."""
    changes = [after - before for before, after in pairwise(curve)]
    return stdev(changes) if len(changes) > 1 else None


def late(curve: Curve) -> Curve:
    """The second half of a curve, which the rise at the beginning is not in."""
    return curve[len(curve) // 2 :]


def spread(values: Sequence[float]) -> float:
    """The standard deviation over seeds; 0 of a single run."""
    return stdev(values) if len(values) > 1 else 0.0


def is_above(first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether one group is above another, and their intervals of mean and standard deviation do not overlap."""
    return fmean(first) - spread(first) > fmean(second) + spread(second)
