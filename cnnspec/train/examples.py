"""Images in memory as bytes, and the batches that a network takes.

    N×C×H×W uint8 ──index──► B×C×H×W uint8 ──scale, shift──► float32 of mean 0 and deviation 1

A batch is gathered and normalised as a whole, on the device: no step touches a single image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

CHUNK = 4096  # images that are summed at a time, which bounds the memory beside them


class Pixels(BaseModel):
    """Mean and standard deviation of each channel of the training images, black being 0 and white 1."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    mean: tuple[Annotated[float, Field(ge=0, le=1)], ...]
    std: tuple[Annotated[float, Field(gt=0, le=1)], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Images uint8 N×C×H×W and labels N on one device, with the scale and shift C×1×1 that normalise a pixel."""

    images: Tensor
    labels: Tensor
    scale: Tensor
    shift: Tensor

    @classmethod
    def on(cls, device: torch.device, images: Tensor, labels: Tensor, pixels: Pixels) -> Examples:
        mean, std = (torch.tensor(values, dtype=torch.float64).view(-1, 1, 1) for values in (pixels.mean, pixels.std))
        scale, shift = (1 / (255 * std)).float(), (-mean / std).float()
        return cls(images.to(device), labels.to(device), scale.to(device), shift.to(device))

    def take(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """The batch of these images: float32 B×C×H×W of mean 0 and deviation 1 over the training part, and labels B."""
        images = self.images.index_select(0, index).to(torch.float32)
        return images.mul_(self.scale).add_(self.shift), self.labels.index_select(0, index)

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
