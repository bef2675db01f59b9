"""The maps that a layer of a run gives for an image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnspec.engine.diagnostics import UsageError, did_you_mean, listing
from cnnspec.pytorch.evaluate.image import Given
from cnnspec.pytorch.evaluate.run import OpenedRun
from cnnspec.pytorch.train.device import threads

MOST_NAMED = 12


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """An image uint8 C×H×W, and the maps float32 C×H×W that the layer of this key gives for it.

    ``kind`` is the type of the layer, and empty for a block of several.
    """

    given: Given
    layer: str
    kind: str
    maps: Tensor


@torch.inference_mode()
def features(opened: OpenedRun, given: Given, layer: str) -> Features:
    """The output of a layer, by its key in the state dict; of one that runs several times, the first.

    Raises UsageError, where there is no such layer or it gives no maps.
    """
    modules = dict(opened.model.named_modules())
    if not layer or layer not in modules:
        near = did_you_mean(layer, modules)
        raise UsageError(
            f"the run's network has no layer `{layer}`", near or f"`cnnspec summary {opened.run}/spec.yaml`"
        )
    kept: list[Tensor] = []
    hook = modules[layer].register_forward_hook(lambda _, __, output: kept.append(_copy(output)))
    try:
        with threads(opened.record.training.threads):
            opened.model(opened.normalised(given.image.unsqueeze(0)))
    finally:
        hook.remove()
    if not kept:
        raise UsageError(f"`{layer}` does not run in evaluation")
    if kept[0].ndim != 4:
        sizes = "×".join(map(str, kept[0].shape[1:]))
        raise UsageError(f"`{layer}` gives {sizes} numbers, not maps", _maps(opened))
    one = not any(modules[layer].children())
    return Features(given, layer, type(modules[layer]).__name__ if one else "", kept[0][0])


def _copy(output: Tensor) -> Tensor:
    """The output as it is now: a layer in place may write over it."""
    return output.float().cpu().clone()


def _maps(opened: OpenedRun) -> str:
    """Some of the layers that give maps."""
    names = [node.key for node in opened.network.nodes if len(node.shape) == 3]
    return f"maps come from {listing(names[:MOST_NAMED], 'or')}" if names else "no layer of it gives maps"
