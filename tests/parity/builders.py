"""torchvision's convolutional classifiers: which there are, how they are built, and what is published of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision import models
from torchvision.models.regnet import BlockParams

import cnnspec

TRANSFORMERS = ("vit_", "swin_", "maxvit")
NAMES = [name for name in models.list_models(module=models) if not name.startswith(TRANSFORMERS)]

# What torchvision says of the smallest input is wrong for these (33): they take a single pixel.
SMALLEST = dict.fromkeys(("efficientnet_v2_s", "efficientnet_v2_m", "efficientnet_v2_l"), 1)
WITHOUT_AUX = ("googlenet",)  # `num_params` is of the network without its aux heads, as the weights are loaded


def theirs(name: str, device: str = "cpu", **arguments: Any) -> nn.Module:
    """torchvision's network with random weights; ``init_weights=False`` leaves those that PyTorch gives."""
    if not has_init_weights(name):
        arguments.pop("init_weights", None)
    with regnet_on_meta(), torch.device(device):
        return models.get_model(name, weights=None, **arguments)


def has_init_weights(name: str) -> bool:
    """Whether the builder can leave its own initialisation out."""
    return name.startswith(("vgg", "googlenet", "inception"))


@contextmanager
def regnet_on_meta() -> Iterator[None]:
    """RegNet's builder works its widths out in tensors, which the meta device has no values for."""
    found = BlockParams.from_init_params

    def on_cpu(**arguments: Any) -> BlockParams:
        with torch.device("cpu"):
            return found(**arguments)

    BlockParams.from_init_params = on_cpu
    try:
        yield
    finally:
        BlockParams.from_init_params = found


def published(name: str) -> tuple[dict[str, Any], int]:
    """What torchvision says of its weights, and the height and width that they take."""
    weights = models.get_model_weights(name).DEFAULT
    (crop,) = weights.transforms().crop_size
    return weights.meta, crop


def smallest(name: str) -> int:
    """The published smallest height and width, where that is right."""
    return SMALLEST.get(name) or min(published(name)[0]["min_size"])


@cache
def family(name: str) -> str:
    """The file that the spec stands in."""
    return Path(cnnspec.load(name).source.name).stem


def source(name: str) -> Path:
    """The file that torchvision's builder stands in."""
    return Path(inspect.getsourcefile(inspect.unwrap(models.get_model_builder(name))) or "")
