"""Modules of torch that are a line by themselves: which type they are, and their arguments read back."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

import torch
from torch import nn

from cnnspec.engine.layers import REGISTRY
from cnnspec.pytorch.build.modules import Chain, Dataflow

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
OVERRIDABLE = ("forward", "_conv_forward", "_check_input_dim", "_output_padding", "__call__")


@lru_cache(maxsize=1)
def classes() -> dict[type[nn.Module], str]:
    """The class of each registered layer, and the layer's name."""
    found = {}
    single = {n: each for n, each in REGISTRY.items() if not each.input_names and each.role != "split"}
    for name, layer in single.items():
        place, _, attribute = (layer.target or f"torch.nn.{name}").rpartition(".")
        cls = getattr(import_module(place), attribute, None)
        if isinstance(cls, type):
            found[cls] = name
    return found


def registered(module: nn.Module) -> str | None:
    """The layer that a module is: of that very class, or of one that inherits all that it does."""
    for cls in type(module).__mro__:
        name = classes().get(cls)
        if name is not None:
            same = all(getattr(type(module), word, None) is getattr(cls, word, None) for word in OVERRIDABLE)
            return name if same else None
    return None


def opaque(module: nn.Module) -> bool:
    """Whether a module is torch's own and does what no layer does: it is told by its name, not by its insides."""
    own = type(module).__module__
    if isinstance(module, (*CONTAINERS, Chain, Dataflow)) or type(module) is nn.Module:
        return False
    return own.startswith("torch.nn.") or isinstance(module, torch.jit.ScriptModule)


def title(module: nn.Module) -> str:
    """What a scope is called after: what torch prints its module as."""
    exact = type(module) in CONTAINERS or type(module) is nn.Module
    return "Sequential" if exact else str(module._get_name())  # type: ignore[no-untyped-call] # noqa: SLF001


def arguments(module: nn.Module, name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """The arguments of a module, as its layer calls them; ``shape`` is that of its input, with the batch."""
    found = {field: getattr(module, field) for field in REGISTRY[name].model_fields if hasattr(module, field)}
    if "bias" in REGISTRY[name].model_fields:
        found["bias"] = getattr(module, "bias", None) is not None or not _is_trained(module)
    if name == "Linear" and len(shape) <= 2:
        del found["in_features"]
    if name == "LayerNorm" and tuple(found["normalized_shape"]) == tuple(shape[1:]):
        del found["normalized_shape"]
    return found


def _is_trained(module: nn.Module) -> bool:
    """Whether a normalisation has weights at all: without them, its bias is left as it is by default."""
    return bool(getattr(module, "affine", True) and getattr(module, "elementwise_affine", True))
