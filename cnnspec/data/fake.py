"""Made-up images, to try a network out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cnnspec.data.dataset import Dataset, InMemory

TRAIN, TEST = 1024, 256


def fake(image: Sequence[int], classes: int) -> Dataset:
    """Images of sizes ``image`` (C, H, W): half noise, half the pattern of their class, always the same ones."""
    generator = torch.Generator().manual_seed(0)
    patterns = _noise((classes, *image), generator)
    labels = torch.arange(TRAIN + TEST) % classes
    images = patterns[labels] + _noise((len(labels), *image), generator)
    parts = (InMemory(images[:TRAIN], labels[:TRAIN]), InMemory(images[TRAIN:], labels[TRAIN:]))
    return Dataset("fake", *parts, tuple(map(str, range(classes))))


def _noise(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randint(0, 128, shape, dtype=torch.uint8, generator=generator)
