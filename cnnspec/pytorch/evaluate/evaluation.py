"""A run on its data set's own test part, or validation part where it has none.

Figures, those of each class, and the images that it gets most wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softmax

from cnnspec.pytorch.data.examples import Data
from cnnspec.pytorch.data.streamed import reported
from cnnspec.pytorch.evaluate.run import OpenedRun, open_run
from cnnspec.pytorch.train.device import threads
from cnnspec.pytorch.train.factories import made_loss
from cnnspec.pytorch.train.loop import measure
from cnnspec.pytorch.train.watch import Figures, Watcher


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Of one class: how many images there are, how many were taken for it, and how many of these rightly."""

    name: str
    images: int
    predicted: int
    correct: int

    @property
    def precision(self) -> float | None:
        """The share of those taken for it that are of it; None where none were."""
        return self.correct / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """The share of its images that were taken for it; None where there are none."""
        return self.correct / self.images if self.images else None


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Figures on a ``part``, and of each of its images the label, the predicted class, its probability, and the loss.

    ``confusion`` counts images, int64 C×C: rows are what they are, columns what they were taken for.
    """

    opened: OpenedRun
    part: str
    data: Data
    figures: Figures
    labels: Tensor
    predicted: Tensor
    probability: Tensor
    losses: Tensor
    confusion: Tensor

    @property
    def classes(self) -> list[ClassFigures]:
        images, predicted = self.confusion.sum(1).tolist(), self.confusion.sum(0).tolist()
        rows = zip(self.opened.classes, images, predicted, self.confusion.diagonal().tolist(), strict=True)
        return [ClassFigures(*row) for row in rows]

    def mistakes(self, most: int) -> Tensor:
        """The indices of the images taken for another class, those with the greatest loss first."""
        wrong = (self.labels != self.predicted).nonzero().flatten()
        return wrong[self.losses[wrong].argsort(descending=True, stable=True)][:most]

    def images(self, index: Tensor) -> Tensor:
        """Test images uint8 N×C×H×W, as the network was given them."""
        batches = self.data.batches([index.to(self.data.labels.device)])
        return torch.cat([self.opened.shown(images) for images, _ in batches])

    def as_json(self) -> dict[str, Any]:
        """The figures without the images."""
        rows = [
            {"class": row.name, "images": row.images, "precision": row.precision, "recall": row.recall}
            for row in self.classes
        ]
        return {
            "part": self.part,
            "accuracy": self.figures.accuracy,
            "loss": self.figures.loss,
            "images": self.figures.images,
            "classes": rows,
            "confusion": self.confusion.tolist(),
        }


def evaluate(run: Path, data_dir: Path | None = None, device: str = "auto", watch: Watcher | None = None) -> Evaluation:
    """Measure a run folder on its test part, or on its validation part where it has no other.

    Data files are read from where the run had them, or from ``data_dir``.

    Raises CheckpointError where the folder is damaged, DataError and UsageError.
    """
    opened = open_run(run, device)
    recipe = opened.record.training
    loss = made_loss(recipe.loss, opened.device)
    part = opened.measured_part(data_dir, (watch or Watcher()).note)
    data = part.data
    with threads(recipe.threads), reported(), outputs(opened.model) as kept:
        figures = measure(opened.model, data, data.all(), recipe.batch_size, f"the {part.name} part", loss=loss)
    logits, labels = torch.cat(kept), data.labels.cpu()
    probability, predicted = softmax(logits, 1).max(1)
    size = logits.shape[1]
    confusion = torch.bincount(labels * size + predicted, minlength=size * size).view(size, size)
    losses = cross_entropy(logits, labels, reduction="none")
    return Evaluation(opened, part.name, data, figures, labels, predicted, probability, losses, confusion)


@contextmanager
def outputs(model: nn.Module) -> Iterator[list[Tensor]]:
    """What a model gives, batch by batch, as float32 on the CPU."""
    kept: list[Tensor] = []
    hook = model.register_forward_hook(lambda _, __, output: kept.append(output.float().cpu()))
    try:
        yield kept
    finally:
        hook.remove()
