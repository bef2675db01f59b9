"""Training images made of others: transforms of torchvision, each image by itself, and mixtures of two.

    uint8 B×C×H×W ──augment──► uint8 B×C×H×W ──normalised──► float32 ──mix──► float32, and shares of classes B×K

A transform of torchvision draws once for all that it is given, so it is given one image at a time; crops, flips and
affine moves, the most common ones, are made for a whole batch at once. All draw from torch's own generator, which the
seed of a run sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from cnnspec.engine.recipe.model import Recipe
from cnnspec.engine.recipe.transforms import (
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
    Transform,
)
from cnnspec.pytorch.data.examples import Augment, Batch
from cnnspec.pytorch.train.affine import Moves, moved

Mix = Callable[[Tensor, Tensor], Batch]
MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect"}  # torch's word for torchvision's


def augmenter(transforms: Sequence[Transform]) -> Augment | None:
    """One function of a batch for all transforms, in their order; None where there are none."""
    made = [_made(transform) for transform in transforms]

    def augment(images: Tensor) -> Tensor:
        for transform in made:
            images = transform(images)
        return images

    return augment if made else None


def _made(transform: Transform) -> Augment:
    match transform:
        case RandomHorizontalFlip(p=p):
            return lambda images: _flipped(images, p, 3)
        case RandomVerticalFlip(p=p):
            return lambda images: _flipped(images, p, 2)
        case RandomCrop(pad_if_needed=False, padding_mode=mode) if mode in MODES:
            return lambda images: _cropped(images, transform)
        case RandomAffine(interpolation=mode, fill=fill) | RandomRotation(interpolation=mode, fill=fill, expand=False):
            return lambda images: moved(images, Moves.drawn(transform, images), mode, fill)
    each = _of_torchvision(transform)
    return lambda images: torch.stack([each(image) for image in images])


def _of_torchvision(transform: Transform) -> Callable[[Tensor], Tensor]:
    from torchvision.transforms import v2  # a second to import, and needed here only

    arguments = transform.arguments()
    if "policy" in arguments:
        arguments["policy"] = v2.AutoAugmentPolicy(arguments["policy"])
    found: Callable[[Tensor], Tensor] = getattr(v2, type(transform).__name__)(**arguments)
    return found


def _flipped(images: Tensor, p: float, dim: int) -> Tensor:
    """Each image with the chance ``p`` the other way round."""
    turned = torch.rand(len(images)) < p
    return torch.where(turned.to(images.device).view(-1, 1, 1, 1), images.flip(dim), images)


def _cropped(images: Tensor, crop: RandomCrop) -> Tensor:
    """A part of each padded image, at a place of its own."""
    height, width = (crop.size, crop.size) if isinstance(crop.size, int) else crop.size
    padded = _padded(images, crop)
    count, _, *(rows, columns) = padded.shape
    if height > rows or width > columns:
        raise ValueError(f"a crop of {height}×{width} does not fit in images of {rows}×{columns}")
    top = torch.randint(0, rows - height + 1, (count, 1)).to(images.device)
    left = torch.randint(0, columns - width + 1, (count, 1)).to(images.device)
    row = (top + torch.arange(height, device=images.device)).view(count, 1, height, 1)
    column = (left + torch.arange(width, device=images.device)).view(count, 1, 1, width)
    number = torch.arange(count, device=images.device).view(count, 1, 1, 1)
    channel = torch.arange(images.shape[1], device=images.device).view(1, -1, 1, 1)
    return padded[number, channel, row, column]


def _padded(images: Tensor, crop: RandomCrop) -> Tensor:
    if crop.padding is None:
        return images
    across, down = (crop.padding, crop.padding) if isinstance(crop.padding, int) else crop.padding
    border = (across, across, down, down)
    if crop.padding_mode == "constant":
        return pad(images, border, value=crop.fill)
    return pad(images.float(), border, mode=MODES[crop.padding_mode]).to(images.dtype)


def mixer(recipe: Recipe, classes: int) -> Mix | None:
    """MixUp and CutMix of torchvision, one of them drawn for each batch; None where the recipe has neither."""
    if recipe.mixup is None and recipe.cutmix is None:
        return None
    from torchvision.transforms import v2

    made: list[Any] = []
    if recipe.mixup is not None:
        made.append(v2.MixUp(alpha=recipe.mixup, num_classes=classes))
    if recipe.cutmix is not None:
        made.append(v2.CutMix(alpha=recipe.cutmix, num_classes=classes))
    mix: Mix = v2.RandomChoice(made) if len(made) > 1 else made[0]
    return mix
