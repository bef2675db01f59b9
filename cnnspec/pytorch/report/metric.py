"""What trials are compared by, and how its values are printed: ``98.61 %``, ``0.0415``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev
from typing import Literal

WORDS = {"val": "validation", "train": "training"}


@dataclass(frozen=True, slots=True)
class Measure:
    """A field of Metrics with the way in which it is better."""

    name: str  # val_accuracy
    direction: Literal["min", "max"]
    when: str = "last"  # or the best epoch's

    @property
    def words(self) -> str:
        """``validation accuracy``."""
        return " ".join(WORDS.get(word, word) for word in self.name.split("_"))

    @property
    def heading(self) -> str:
        """What stands above its values: with the unit."""
        return f"{self.words} (%)" if self.is_share else self.words

    @property
    def is_share(self) -> bool:
        return "accuracy" in self.name

    @property
    def sign(self) -> int:
        """What values are multiplied with so that the greater one is better."""
        return 1 if self.direction == "max" else -1

    def shown(self, value: float | None) -> str:
        return "–" if value is None else percent(value) if self.is_share else f"{value:.4f}"

    def bare(self, value: float | None) -> str:
        """Without the unit."""
        return self.shown(value).removesuffix(" %")

    def spread(self, values: Sequence[float]) -> str:
        """The mean with the standard deviation over seeds, where there are several: ``98.61 ± 0.20 %``."""
        return with_spread(values, 100, " %", 2) if self.is_share else with_spread(values, 1, "", 4)


def with_spread(values: Sequence[float], times: float, unit: str, digits: int) -> str:
    if not values:
        return "–"
    told = f"{times * mean(values):.{digits}f}"
    if len(values) > 1:
        told += f" ± {times * stdev(values):.{digits}f}"
    return f"{told}{unit}"


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def seconds(value: float) -> str:
    """``4.2 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def interval(share: float, images: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score: what the number of images alone leaves open.

    Several seeds are measured on the same images, so that they do not make it narrower.

    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    z = 1.959964
    middle = (share + z * z / (2 * images)) / (1 + z * z / images)
    half = z * sqrt(share * (1 - share) / images + z * z / (4 * images**2)) / (1 + z * z / images)
    return max(middle - half, 0.0), min(middle + half, 1.0)
