"""Losses and hits of the batches of one pass.

The loss of a pass is that of all its images at once, Σ weight × loss / Σ weight, where the weight of an image is 1
unless the loss has weights of classes: the batch size does not change it.

They stay on the device until they are read, a few times a second. Sums are made in the order of the steps, so that they
are the same to the bit however often they are read, and wherever a pass was broken off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from cnnspec.engine.diagnostics import CheckpointError, DivergedError
from cnnspec.pytorch.train.checkpoint.moving import count
from cnnspec.pytorch.train.finite import HELP
from cnnspec.pytorch.train.watch import Figures

READ_EVERY = 0.25  # seconds
MOST_COUNTED = 2**40  # images or batches of one pass


class RunningMetrics:
    """Sums over the batches so far: of losses times what their images weigh, of these weights, of hits, of images."""

    def __init__(self, where: str = "") -> None:
        self.steps = self.images = self.correct = 0
        self.loss = self.weight = self.seconds = 0.0
        self.unread: list[tuple[Tensor, Tensor, float]] = []
        self.begin(where)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> RunningMetrics:
        """The metrics that had this state."""
        metrics = cls()
        metrics.steps, metrics.images, metrics.correct = (
            count(f"number of {name}", state[name], 0, MOST_COUNTED) for name in ("steps", "images", "correct")
        )
        metrics.loss, metrics.weight, metrics.seconds = (float(state[name]) for name in ("loss", "weight", "seconds"))
        if not math.isfinite(metrics.loss + metrics.weight + metrics.seconds):
            raise CheckpointError("the checkpoint's figures are not finite")
        if metrics.weight < 0 or metrics.seconds < 0:
            raise CheckpointError("the checkpoint's figures are negative")
        return metrics

    def state(self) -> dict[str, Any]:
        """The sums, as values; waits for the device."""
        figures = self.read()
        sums = {"steps": self.steps, "images": self.images, "correct": self.correct}
        return {**sums, "loss": self.loss, "weight": self.weight, "seconds": figures.seconds}

    def begin(self, where: str) -> None:
        """The clock runs, on top of the seconds that it ran before; ``where`` is what messages call the pass."""
        self.where = where
        self.start = self.last_read = perf_counter()

    def add(self, loss: Tensor, hits: Tensor, images: int, weight: float) -> None:
        """Note a batch: its mean loss over what its images weigh, and how many of them are classified correctly."""
        self.unread.append((loss, hits, weight))
        self.steps += 1
        self.images += images

    def due(self) -> bool:
        """Whether the last reading is long enough ago."""
        return perf_counter() - self.last_read > READ_EVERY

    def read(self) -> Figures:
        """The figures of the steps so far; waits for the device. Raises DivergedError at a loss that is not finite."""
        if self.unread:
            losses, hits, weights = zip(*self.unread, strict=True)
            first = self.steps - len(weights)
            for step, (loss, weight) in enumerate(zip(torch.stack(losses).tolist(), weights, strict=True), first + 1):
                self._count(step, loss, weight)
            self.correct += int(torch.stack(hits).sum())
            self.unread.clear()
        self.last_read = perf_counter()
        seconds = self.seconds + self.last_read - self.start
        return Figures(self.loss / self.weight if self.weight else 0.0, self.correct, self.images, seconds)

    def _count(self, step: int, loss: float, weight: float) -> None:
        if not math.isfinite(loss):
            raise DivergedError(f"training diverged: the loss is {loss} at step {step:,} of {self.where}", HELP)
        self.loss += loss * weight
        self.weight += weight
