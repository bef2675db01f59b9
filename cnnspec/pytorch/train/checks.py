"""Whether a recipe and a network belong together: found before any data is read."""

from __future__ import annotations

import torch

from cnnspec.engine.diagnostics import UsageError, count
from cnnspec.engine.layers import Shape
from cnnspec.engine.layers.activation import LogSoftmax
from cnnspec.engine.network import Graph
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.recipe.losses import NLLLoss
from cnnspec.pytorch.train.augment import augmenter
from cnnspec.pytorch.weights import find


def check_suits(recipe: Recipe, network: Graph) -> None:
    """Refuse batches of one image for BatchNorm, a loss of other outputs, images of another size, missing weights."""
    if recipe.batch_size == 1 and any(node.layer.uses_batch_statistics for node in network.nodes):
        message = "BatchNorm cannot train on batches of one image, which have no spread to normalise by"
        raise UsageError(message, "--batch-size 2 or more")
    weight = recipe.loss.weight
    if weight is not None and len(weight) != network.output[0]:
        raise UsageError(
            f"the loss has {count(len(weight), 'weight')}, and the network {count(network.output[0], 'output')}"
        )
    _check_loss(recipe, network)
    if recipe.weights is not None:
        find(recipe.weights, network.name)
    if recipe.augment:
        _check_augment(recipe, network.input)


def _check_loss(recipe: Recipe, network: Graph) -> None:
    """Refuse a loss of logarithms where the network gives none; what layers of a plugin give is not known."""
    layers = [type(node.layer) for node in network.nodes]
    known = all(layer.__module__.startswith("cnnspec.") for layer in layers)
    if isinstance(recipe.loss, NLLLoss) and known and LogSoftmax not in layers:
        message = "`NLLLoss` takes the logarithms that `LogSoftmax` gives, and the network has no such layer"
        raise UsageError(message, "set `loss: CrossEntropyLoss`, which takes logits")


def _check_augment(recipe: Recipe, input: Shape) -> None:
    """Augment two images of the network's size: what torchvision refuses, and what has another size afterwards."""
    given = torch.zeros((2, *input), dtype=torch.uint8)
    try:
        augment = augmenter(recipe.augment)
        assert augment is not None
        with torch.random.fork_rng(devices=[]):
            result = augment(given)
    except (RuntimeError, TypeError, ValueError, IndexError, ArithmeticError) as error:  # torchvision's ways to say no
        reason = str(error).strip().split("\n")[0]
        raise UsageError(f"`augment` cannot be done to images of {input}: {reason}") from None
    if result.shape != given.shape:
        made = "×".join(map(str, result.shape[1:]))
        raise UsageError(f"`augment` makes images of {made}, and the network takes {input}", "let it end in that size")
