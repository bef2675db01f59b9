"""A data set: a training part, and parts that training never sees.

InMemory     images uint8 N×C×H×W and labels N
InFiles      paths of images and labels N: cnnspec.pytorch.data.folder
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from cnnspec.engine.diagnostics import listing
from cnnspec.pytorch.data.examples import Data, Examples, Pixels, pixels_of

CHUNK = 4096  # images that are resized at a time, which bounds the memory beside the result
MOST_NAMED = 8  # classes in a warning


class Part(Protocol):
    """Images and their labels, before they are anywhere near a network."""

    @property
    def labels(self) -> Tensor:
        """int64 N, from 0 to the number of classes - 1."""

    @property
    def image(self) -> tuple[int, ...]:
        """The sizes C, H, W of an image."""

    def fitted(self, input: Sequence[int]) -> Part:
        """The same in a network's size C, H, W."""

    def pixels(self, index: Tensor) -> Pixels:
        """The statistics of the images at these indices."""

    def on(self, device: torch.device, pixels: Pixels) -> Data:
        """Batches on a device, normalised by these statistics."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The parts, and the names of the classes in the order of their labels.

    ``validation`` is None where it is drawn from the training part, ``test`` where only a validation part is measured.
    ``doubts`` are warnings about the files.
    """

    name: str
    train: Part
    test: Part | None
    classes: tuple[str, ...]
    validation: Part | None = None
    doubts: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[str, Part]:
        """The parts that there are, by what messages call them."""
        parts = {"training": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    def lacking(self) -> list[str]:
        """Warnings about classes of which a part has no image."""
        return [line for name, part in self.parts.items() for line in lacking(self.classes, part.labels, name)]

    @property
    def image(self) -> tuple[int, ...]:
        """The sizes C, H, W of an image."""
        return self.train.image


def lacking(classes: Sequence[str], labels: Tensor, part: str) -> list[str]:
    """A warning where a part has no image of a class; nothing where it has one of each."""
    counts = torch.bincount(labels.cpu(), minlength=len(classes))
    names = [f"`{classes[label]}`" for label in (counts == 0).nonzero().flatten().tolist()]
    if not names:
        return []
    shown = [*names[:MOST_NAMED], *([f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else [])]
    return [f"the {part} part has no image of the class{'es'[: 2 * (len(names) > 1)]} {listing(shown)}"]


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """Images uint8 N×C×H×W and labels int64 N."""

    images: Tensor
    labels: Tensor

    @property
    def image(self) -> tuple[int, ...]:
        return tuple(self.images.shape[1:])

    def fitted(self, input: Sequence[int]) -> InMemory:
        """Resized once, bilinear; one grey channel is seen as three."""
        resized = self.images if self.image[1:] == tuple(input[1:]) else _resized(self.images, tuple(input[1:]))
        return InMemory(resized.expand(-1, input[0], -1, -1), self.labels)

    def pixels(self, index: Tensor) -> Pixels:
        return pixels_of(self.images, index)

    def on(self, device: torch.device, pixels: Pixels) -> Examples:
        return Examples.on(device, self.images, self.labels, pixels)


def _resized(images: Tensor, size: tuple[int, ...]) -> Tensor:
    result = images.new_empty((*images.shape[:2], *size))
    for source, target in zip(torch.split(images, CHUNK), torch.split(result, CHUNK), strict=True):
        target.copy_(interpolate(source, size, mode="bilinear", antialias=True))
    return result
