"""The measure that trials are compared by, and the format of its values: ``98.61 %``, ``0.0415``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev
from typing import Literal

WORDS = {"val": "validation", "train": "training"}


@dataclass(frozen=True, slots=True)
class Measure:
    """A field of Metrics and the direction in which it improves."""

    name: str  # val_accuracy
    direction: Literal["min", "max"]
    when: str = "last"  # the epoch whose value counts: last or best

    @property
    def words(self) -> str:
        """``validation accuracy``."""
        return " ".join(WORDS.get(word, word) for word in self.name.split("_"))

    @property
    def heading(self) -> str:
        """The column heading, with the unit."""
        return f"{self.words} (%)" if self.is_share else self.words

    @property
    def is_share(self) -> bool:
        return "accuracy" in self.name

    @property
    def sign(self) -> int:
        """The factor that makes greater values better."""
        return 1 if self.direction == "max" else -1

    def text(self, value: float | None) -> str:
        return "–" if value is None else percent(value) if self.is_share else f"{value:.4f}"

    def bare_text(self, value: float | None) -> str:
        """Return the value without its unit."""
        return self.text(value).removesuffix(" %")

    def spread(self, values: Sequence[float]) -> str:
        """Return the mean and, for several seeds, the standard deviation: ``98.61 ± 0.20 %``."""
        return with_spread(values, 100, " %", 2) if self.is_share else with_spread(values, 1, "", 4)


def with_spread(values: Sequence[float], factor: float, unit: str, digits: int) -> str:
    if not values:
        return "–"
    text = f"{factor * mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ± {factor * stdev(values):.{digits}f}"
    return f"{text}{unit}"


def percent(fraction: float) -> str:
    return f"{100 * fraction:.2f} %"


def seconds(value: float) -> str:
    """``4.2 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, remainder = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {remainder} s"
    return f"{minutes // 60} h {minutes % 60} min"


def interval(accuracy: float, images: int) -> tuple[float, float]:
    """Return Wilson's 95 % score interval of an accuracy measured on a number of images.

    Several seeds are measured on the same images, so they do not narrow the interval.

    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    z = 1.959964
    middle = (accuracy + z * z / (2 * images)) / (1 + z * z / images)
    half = z * sqrt(accuracy * (1 - accuracy) / images + z * z / (4 * images**2)) / (1 + z * z / images)
    return max(middle - half, 0.0), min(middle + half, 1.0)
