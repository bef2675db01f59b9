"""What a process takes of each batch, and what its losses and gradients count for.

    order ──batches──► parts ──share──► own parts, some of which may be empty
    mean loss of an own part × of_batch, summed over the processes = mean loss of the batch
    its gradient             × of_step,  summed over processes and batches of a step = that of the step

A step is one of all its images, however many batches and processes they come in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from cnnspec.engine.diagnostics import UsageError, count
from cnnspec.engine.network import Graph
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.data.batches import batches
from cnnspec.pytorch.train.world import World

Masses = Callable[[Sequence[Tensor]], list[float]]  # what the mean loss of each part divides by: its number of images


@dataclass(frozen=True, slots=True)
class BatchShard:
    """One process's share of a batch of so many ``images`` that weigh ``weight``; whether the batch ends its step."""

    images: int
    weight: float
    of_batch: float
    of_step: float
    ends_step: bool


def parts_of(order: Tensor, size: int) -> list[Tensor]:
    """An order in batches; none where nothing is left of it."""
    return batches(order, size) if len(order) else []


def shares_of(parts: Sequence[Tensor], own: Sequence[Tensor], accumulate: int, masses: Masses) -> Iterator[BatchShard]:
    """The share that each own part has of its whole one, and of the step that so many of these make."""
    whole, ours = masses(parts), masses(own)
    for first in range(0, len(parts), accumulate):
        group = range(first, min(first + accumulate, len(parts)))
        step = sum(whole[place] for place in group)
        for place in group:
            mine = ours[place]
            yield BatchShard(len(parts[place]), whole[place], mine / whole[place], mine / step, place == group[-1])


def check_shares(recipe: Recipe, network: Graph, order: Tensor, world: World) -> None:
    """Refuse batches that leave a process nothing, or one image for a BatchNorm of its own. Raises UsageError."""
    if world.size == 1:
        return
    who = f"{world.size} processes"
    if recipe.batch_size < world.size:
        message = f"a batch of {count(recipe.batch_size, 'image')} cannot be shared by {who}"
        raise UsageError(message, f"--batch-size {world.size} or more: it is that of all processes together")
    least = min(len(part) for part in batches(order, recipe.batch_size))
    has_norms = any(node.layer.uses_batch_statistics for node in network.nodes)
    if has_norms and not recipe.sync_batchnorm and least < 2 * world.size:
        message = f"{who} share a batch of {count(least, 'image')}, and BatchNorm cannot train on fewer than two"
        raise UsageError(message, "--set sync_batchnorm=true normalises over all of them; or another --batch-size")
