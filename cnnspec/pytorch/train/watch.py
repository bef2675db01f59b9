"""What training says while it runs, as values: whoever watches decides how they look.

    note("…")                       something to know, once
    started(run)                    the folder of the run is there
    progress(Progress)              a few times a second, within an epoch
    epoch(Metrics)                  after each epoch; the same values are a line of metrics.jsonl

Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

# What a figure can be; whoever reads records of strangers validates against these.
MOST = 2**53  # the last whole number up to which a float holds every one; rates are worked out with floats
Count = Annotated[int, Field(ge=0, le=MOST)]
Positive = Annotated[int, Field(ge=1, le=MOST)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]  # of seconds, or a rate
Share = Annotated[float, Field(ge=0, le=1)]
Note = Callable[[str], None]  # something to know, such as a Watcher's note


@dataclass(frozen=True, slots=True)
class Figures:
    """Result of a pass over ``images`` images: mean loss, correctly classified images, seconds.

    Where the loss weighs classes, the mean is Σ weight × loss / Σ weight over all images, whatever the batch size.
    """

    loss: Number
    correct: Count
    images: Positive
    seconds: Amount

    @property
    def accuracy(self) -> float:
        """The share classified rightly, from 0 to 1."""
        return self.correct / self.images

    @property
    def images_per_s(self) -> float:
        return self.images / max(self.seconds, 1e-9)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an epoch has come: figures so far, of ``total`` images."""

    epoch: int
    figures: Figures
    total: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """One epoch. Losses are means over images, accuracies run from 0 to 1, ``seconds`` is the training alone.

    The training figures are taken while the weights change, with dropout on; the validation figures (None where
    nothing is held back) at the end of the epoch, with it off.
    """

    epoch: Positive
    train_loss: Number
    train_accuracy: Share
    val_loss: Number | None
    val_accuracy: Share | None
    images_per_s: Amount
    seconds: Amount

    @classmethod
    def of(cls, epoch: int, train: Figures, val: Figures | None) -> Metrics:
        val_loss, val_accuracy = (val.loss, val.accuracy) if val else (None, None)
        speed, seconds = round(train.images_per_s, 1), round(train.seconds, 3)
        return cls(epoch, train.loss, train.accuracy, val_loss, val_accuracy, speed, seconds)


def percent(share: float) -> str:
    """A share from 0 to 1 as ``96.10 %``."""
    return f"{100 * share:.2f} %"


def epoch_line(metrics: Metrics) -> str:
    """``loss 0.1234  accuracy 96.10 %  validation loss 0.1100  accuracy 96.80 %  12,345 images/s``."""
    parts = [f"loss {metrics.train_loss:.4f}  accuracy {percent(metrics.train_accuracy)}"]
    if metrics.val_loss is not None and metrics.val_accuracy is not None:
        parts.append(f"validation loss {metrics.val_loss:.4f}  accuracy {percent(metrics.val_accuracy)}")
    return "  ".join([*parts, f"{metrics.images_per_s:,.0f} images/s"])


class Watcher:
    """Hears what training says, and stays silent. Subclasses show it."""

    def note(self, text: str) -> None:
        """A line to know."""

    def started(self, run: Path) -> None:
        """The folder that the run goes into."""

    def progress(self, progress: Progress) -> None:
        """The state within an epoch."""

    def epoch(self, metrics: Metrics) -> None:
        """An epoch is over."""
