"""The loop: an epoch of training, and a pass that only measures.

Before each step the loss and the gradients are looked at: numbers that are not finite never reach a weight.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import itemgetter

import torch
from torch import Tensor, nn

from cnnspec.engine.diagnostics import DivergedError
from cnnspec.pytorch.data.examples import Data
from cnnspec.pytorch.train.batch_shards import BatchShard, parts_of, shares_of
from cnnspec.pytorch.train.factories import masses, mean_loss
from cnnspec.pytorch.train.finite import diagnose, is_finite
from cnnspec.pytorch.train.running_metrics import RunningMetrics
from cnnspec.pytorch.train.train_state import TrainState
from cnnspec.pytorch.train.watch import Figures
from cnnspec.pytorch.train.world import ALONE, World

Report = Callable[[Figures], None]


def nothing() -> None:
    """What is done after a step, where nothing is."""


def epoch(
    state: TrainState,
    data: Data,
    order: Tensor,
    report: Report | None = None,
    after: Callable[[], object] = nothing,
) -> Figures:
    """Train on the images at ``order`` (indices into ``data``, on its device), a batch at a time, in that order.

    Several processes share each batch and compute the same weights and metrics. ``state.metrics`` already holds the
    batches before; each new batch is added with its loss of that step, while the weights change. ``after`` is called
    after each step, and ``report`` gets the metrics so far, a few times a second.

    Raises:
        DivergedError: A loss or a gradient is not finite; the message names the epoch, the step and the layer.
    """
    recipe, metrics, world = state.recipe, state.metrics, state.world
    state.model.train()
    metrics.begin(f"epoch {state.epoch}")
    parts = parts_of(order[metrics.images :], recipe.batch_size)
    own = [world.share(part) for part in parts]
    shares = shares_of(parts, own, recipe.accumulate, partial(state.masses, data.labels))
    seen: Tensor | None = None  # what the losses of a step come to
    for (images, labels), share in zip(data.batches(own, state.augment), shares, strict=True):
        inputs, targets = state.mix(images, labels) if state.mix and len(images) else (images, labels)
        with state.passing(ends_step=share.ends_step):
            logits, loss, total = state.losses(inputs, targets)
            state.way_back(total, share.of_step)
        seen = total.detach() if seen is None else seen + total.detach()
        if share.ends_step:
            if not is_finite(seen, state.watched, world):
                where = f"step {metrics.steps + 1:,} of {metrics.where}"
                raise diagnosed(state, seen, partial(state.again, inputs), where)
            state.step()
            seen = None
        metrics.add(*pooled(world, loss.detach(), hits(logits.detach(), labels), share), share.images, share.weight)
        if metrics.due():
            figures = metrics.read()
            if report:
                report(figures)
        if share.ends_step:
            after()
    return metrics.read()


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """How many labels the logits hit."""
    return (logits.argmax(1) == labels).sum()


def pooled(world: World, loss: Tensor, hits: Tensor, share: BatchShard) -> tuple[Tensor, Tensor]:
    """The mean loss and the hits of a batch, from those of the shares of it."""
    if world.size == 1:
        return loss, hits
    both = world.summed(torch.stack([loss.double() * share.of_batch, hits.double()]))
    return both[0], both[1]


def diagnosed(state: TrainState, loss: Tensor, forward: Callable[[], object], where: str) -> DivergedError:
    """What is not finite, as the process says it whose own loss is not; the same in all."""
    error = diagnose(state.model, loss, forward, where)
    found = state.world.gathered((bool(loss.isfinite()), error))
    return min(found, key=itemgetter(0))[1]


@torch.inference_mode()
def measure(
    model: nn.Module,
    data: Data,
    index: Tensor,
    batch_size: int,
    where: str = "the images",
    after: Callable[[], object] = nothing,
    loss: nn.Module | None = None,
    world: World = ALONE,
) -> Figures:
    """Loss and accuracy on the images at ``index``; nothing is trained. Raises DivergedError, which says ``where``.

    The model is to be the same in all processes of the ``world``, which share each batch.
    """
    model.eval()
    metrics, loss = RunningMetrics(where), loss or nn.CrossEntropyLoss()
    parts = parts_of(index, batch_size)
    own = [world.share(part) for part in parts]
    shares = shares_of(parts, own, 1, partial(masses, loss, data.labels))
    for (images, labels), share in zip(data.batches(own), shares, strict=True):
        logits = model(images)
        found = pooled(world, mean_loss(loss, logits, labels), hits(logits, labels), share)
        metrics.add(*found, share.images, share.weight)
        after()
    return metrics.read()
