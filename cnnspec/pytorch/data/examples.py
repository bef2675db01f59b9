"""Images in memory as bytes, and the batches that a network takes.

    N×C×H×W uint8 ──index──► B×C×H×W uint8 ──augment──► B×C×H×W ──scale, shift──► float32 of mean 0 and deviation 1

A batch is gathered, augmented and normalised as a whole, on the device: no step touches a single image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

CHUNK = 4096  # images that are summed at a time, which bounds the memory beside them
Batch = tuple[Tensor, Tensor]  # images float32 B×C×H×W of mean 0 and deviation 1 over the training part, and labels B
Augment = Callable[[Tensor], Tensor]  # of images uint8 B×C×H×W, before they are normalised


class Data(Protocol):
    """What a pass of training or measuring takes: images with labels on one device, wherever they are kept."""

    @property
    def labels(self) -> Tensor:
        """The labels N, on the device."""

    def batches(self, parts: Sequence[Tensor], augment: Augment | None = None) -> Iterator[Batch]:
        """Yield a batch for each part: indices on the device, as `cnnspec.pytorch.data.batches` splits an order."""

    def all(self) -> Tensor:
        """The indices of all images, on the device."""

    def __len__(self) -> int: ...


class Pixels(BaseModel):
    """Mean and standard deviation of each channel of the training images, black being 0 and white 1."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    mean: tuple[Annotated[float, Field(ge=0, le=1)], ...]
    std: tuple[Annotated[float, Field(gt=0, le=1)], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Normaliser:
    """The scale and shift C×1×1, on a device, that normalise a pixel."""

    scale: Tensor
    shift: Tensor

    @classmethod
    def on(cls, device: torch.device, pixels: Pixels) -> Normaliser:
        mean, std = (torch.tensor(values, dtype=torch.float64).view(-1, 1, 1) for values in (pixels.mean, pixels.std))
        return cls((1 / (255 * std)).float().to(device), (-mean / std).float().to(device))

    def __call__(self, images: Tensor) -> Tensor:
        """Images with values from 0 to 255 as float32."""
        return images.to(torch.float32, copy=True).mul_(self.scale).add_(self.shift)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Images uint8 N×C×H×W and labels N on one device."""

    images: Tensor
    labels: Tensor
    normalise: Normaliser

    @classmethod
    def on(cls, device: torch.device, images: Tensor, labels: Tensor, pixels: Pixels) -> Examples:
        return cls(images.to(device), labels.to(device), Normaliser.on(device, pixels))

    def batches(self, parts: Sequence[Tensor], augment: Augment | None = None) -> Iterator[Batch]:
        """The images of each part."""
        for index in parts:
            yield self.take(index, augment)

    def take(self, index: Tensor, augment: Augment | None = None) -> Batch:
        """The batch of these images."""
        images = self.images.index_select(0, index)
        return self.normalise(augment(images) if augment and len(images) else images), self.labels.index_select(
            0, index
        )

    def all(self) -> Tensor:
        """The indices of all images."""
        return torch.arange(len(self), device=self.labels.device)

    def __len__(self) -> int:
        return len(self.labels)


def pixels_of(images: Tensor, index: Tensor) -> Pixels:
    """The statistics of the images at these indices, from whole numbers: the same on every machine."""
    total = torch.zeros(images.shape[1], dtype=torch.int64)
    squares = torch.zeros_like(total)
    for part in torch.split(index, CHUNK):
        values = images[part].to(torch.int32)
        total += values.sum((0, 2, 3))
        squares += values.square_().sum((0, 2, 3))
    number = len(index) * images[0, 0].numel()
    mean = total.double() / number
    deviation = (squares.double() / number - mean.square()).clamp_min(0).sqrt()
    deviation[deviation == 0] = 255.0  # images of one colour: leave them as they are
    return Pixels(mean=tuple((mean / 255).tolist()), std=tuple((deviation / 255).tolist()))
