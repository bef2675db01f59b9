"""A module's parameters and buffers, exactly: same names, same shapes, same types."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from cnnspec.engine.diagnostics import CheckpointError, listing
from cnnspec.pytorch.weights.fill import tensors

MOST_NAMED = 3


def module_state(module: nn.Module) -> dict[str, Tensor]:
    """What the state dict holds, by name; the tensors are the module's own, not copies."""
    return {name: tensor.detach() for name, tensor in tensors(module).items()}


def restore_module(module: nn.Module, saved: Mapping[str, Tensor]) -> None:
    """Copy a saved state into a module. Raises CheckpointError where they differ, and has then changed nothing."""
    own = tensors(module)
    require_equal("the model", saved, own)
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(saved[name])


def require_equal(what: str, saved: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> None:
    """Refuse tensors whose names, shapes or types are not those that are there. Raises CheckpointError."""
    differing = [name for name in own if name in saved and kind(saved[name]) != kind(own[name])]
    problems = [f"`{name}` is {kind(saved[name])} where the run has {kind(own[name])}" for name in differing]
    problems += [f"`{name}` is missing" for name in own if name not in saved]
    problems += [f"the run has no `{name}`" for name in saved if name not in own]
    if problems:
        more = f", and {len(problems) - MOST_NAMED} more" if len(problems) > MOST_NAMED else ""
        raise CheckpointError(f"the checkpoint does not fit {what}: {listing(problems[:MOST_NAMED])}{more}")


def kind(tensor: Tensor) -> str:
    """``6×1×5×5 float32``."""
    return f"{'×'.join(map(str, tensor.shape)) or 'a scalar'} {str(tensor.dtype).removeprefix('torch.')}"
