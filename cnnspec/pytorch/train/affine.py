"""Images that are turned, moved, scaled and sheared, a batch at once, each by draws of its own.

    RandomAffine, RandomRotation ──drawn──► Moves ──moved──► where each new pixel lies in the old image ──► its value

torchvision draws once for all that it is given, and one image at a time takes ten times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from cnnspec.engine.recipe.transforms import RandomAffine, RandomRotation


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """One for each image, as torchvision's `affine` takes them: float32 B, or B×2.

    ``angle`` clockwise and ``shear`` along x and y in degrees, ``shift`` to the right and down in pixels, ``scale`` a
    factor.
    """

    angle: Tensor
    shift: Tensor
    scale: Tensor
    shear: Tensor

    @classmethod
    def drawn(cls, transform: RandomAffine | RandomRotation, images: Tensor) -> Moves:
        """By torch's own generator, in the ranges of a transform."""
        count, _, height, width = images.shape
        angle = uniform(count, _range(transform.degrees))
        shift, shear, scale = torch.zeros(count, 2), torch.zeros(count, 2), torch.ones(count)
        if isinstance(transform, RandomRotation):
            return cls(-angle, shift, scale, shear)  # it turns the other way
        if transform.translate:
            furthest = torch.tensor([transform.translate[0] * width, transform.translate[1] * height])
            shift = ((2 * torch.rand(count, 2) - 1) * furthest).round()
        if transform.scale:
            scale = uniform(count, transform.scale)
        if transform.shear is not None:
            shear[:, 0] = uniform(count, _range(transform.shear))
        return cls(angle, shift, scale, shear)

    def matrix(self) -> Tensor:
        """From a new pixel to the old one, both from the middle of the image: B×2×3."""
        turn, shear = self.angle * pi / 180, self.shear * pi / 180
        across, down = shear[:, 0], shear[:, 1]
        a = torch.cos(turn - down) / torch.cos(down)
        b = -a * torch.tan(across) - torch.sin(turn)
        c = torch.sin(turn - down) / torch.cos(down)
        d = -c * torch.tan(across) + torch.cos(turn)
        inverse = torch.stack([d, -b, -c, a], 1).view(-1, 2, 2) / self.scale.view(-1, 1, 1)
        return torch.cat([inverse, -(inverse @ self.shift.unsqueeze(2))], 2)


def moved(images: Tensor, moves: Moves, mode: str, fill: int) -> Tensor:
    """uint8 B×C×H×W, each by its own move; ``mode`` is nearest or bilinear, ``fill`` what comes in from outside."""
    height, width = images.shape[2:]
    size = torch.tensor([width, height], dtype=torch.float32)
    matrix = moves.matrix()
    shares = torch.cat([matrix[:, :, :2] * size / size.unsqueeze(1), 2 * matrix[:, :, 2:] / size.unsqueeze(1)], 2)
    grid = affine_grid(shares.to(images.device), list(images.shape), align_corners=False)
    sampled = grid_sample(images.float(), grid, mode, "zeros", align_corners=False)
    inside = grid_sample(torch.ones_like(images[:, :1], dtype=torch.float32), grid, mode, "zeros", align_corners=False)
    # at the border `sampled` is faded already, and fades once more: so it does in torchvision
    return (sampled * inside + fill * (1 - inside)).round_().to(torch.uint8)


def uniform(count: int, between: tuple[float, float]) -> Tensor:
    low, high = between
    return low + (high - low) * torch.rand(count)


def _range(degrees: float | tuple[float, float]) -> tuple[float, float]:
    return degrees if isinstance(degrees, tuple) else (-degrees, degrees)
