"""Weights for a network that is exported: of a run, or of a file."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from safetensors.torch import save
from torch import nn


def put(weights: str | os.PathLike[str], module: nn.Module) -> None:
    """Loads the weights of a run's folder. Raises CheckpointError."""
    import_module("cnnspec.train.saved").load_weights(Path(weights), module)


def as_safetensors(module: nn.Module) -> bytes:
    """Parameters and buffers, each under its first name."""
    return save({name: tensor.contiguous() for name, tensor in module.state_dict().items()})
