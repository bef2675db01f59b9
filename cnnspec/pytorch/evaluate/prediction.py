"""What a run makes of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import softmax

from cnnspec.pytorch.evaluate.image import Given
from cnnspec.pytorch.evaluate.run import OpenedRun
from cnnspec.pytorch.train.device import threads


@dataclass(frozen=True, slots=True)
class Prediction:
    """Classes with their probabilities, the likeliest first; and what the image is, where that is known."""

    name: str
    classes: tuple[tuple[str, float], ...]
    label: str | None = None


@torch.inference_mode()
def predict(opened: OpenedRun, images: Sequence[Given], top: int) -> list[Prediction]:
    """The ``top`` likeliest classes of each image, all of them in one batch."""
    batch = opened.normalised(torch.stack([given.image for given in images]))
    with threads(opened.record.training.threads):
        probabilities = softmax(opened.model(batch).float(), 1).cpu()
    values, indices = probabilities.topk(min(top, probabilities.shape[1]), 1)
    return [
        Prediction(given.name, tuple((opened.classes[i], p) for i, p in zip(row, likely, strict=True)), given.label)
        for given, row, likely in zip(images, indices.tolist(), values.tolist(), strict=True)
    ]
