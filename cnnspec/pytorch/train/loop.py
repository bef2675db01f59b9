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
from cnnspec.pytorch.train.batch_shards import Share, parts_of, shares_of
from cnnspec.pytorch.train.factories import masses, mean_loss
from cnnspec.pytorch.train.finite import diagnose, is_finite
from cnnspec.pytorch.train.running_metrics import Tally
from cnnspec.pytorch.train.train_state import Trainee
from cnnspec.pytorch.train.watch import Figures
from cnnspec.pytorch.train.world import ALONE, World

Report = Callable[[Figures], None]


def nothing() -> None:
    """What is done after a step, where nothing is."""


def epoch(
    trainee: Trainee,
    data: Data,
    order: Tensor,
    report: Report | None = None,
    after: Callable[[], object] = nothing,
) -> Figures:
    """Train on the images at ``order`` (indices into ``data``, on its device), a batch at a time, in that order.

    Several processes share each batch, and come to the same weights and figures. The trainee's tally knows of batches
    that are done already, and gets the others: those of its own head, as they are while the weights change. ``after``
    is called after each step, and ``report`` gets the figures so far, a few times a second. Raises DivergedError, which
    names the epoch, the step and the layer, where a loss or a gradient is not finite.
    """
    recipe, tally, world = trainee.recipe, trainee.tally, trainee.world
    trainee.model.train()
    tally.begin(f"epoch {trainee.epoch}")
    parts = parts_of(order[tally.images :], recipe.batch_size)
    own = [world.share(part) for part in parts]
    shares = shares_of(parts, own, recipe.accumulate, partial(trainee.masses, data.labels))
    seen: Tensor | None = None  # what the losses of a step come to
    for (images, labels), share in zip(data.batches(own, trainee.augment), shares, strict=True):
        inputs, targets = trainee.mix(images, labels) if trainee.mix and len(images) else (images, labels)
        with trainee.passing(ends_step=share.ends_step):
            logits, loss, total = trainee.losses(inputs, targets)
            trainee.way_back(total, share.of_step)
        seen = total.detach() if seen is None else seen + total.detach()
        if share.ends_step:
            if not is_finite(seen, trainee.watched, world):
                where = f"step {tally.steps + 1:,} of {tally.where}"
                raise diagnosed(trainee, seen, partial(trainee.again, inputs), where)
            trainee.step()
            seen = None
        tally.add(*pooled(world, loss.detach(), hits(logits.detach(), labels), share), share.images, share.weight)
        if tally.due():
            figures = tally.read()
            if report:
                report(figures)
        if share.ends_step:
            after()
    return tally.read()


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """How many labels the logits hit."""
    return (logits.argmax(1) == labels).sum()


def pooled(world: World, loss: Tensor, hits: Tensor, share: Share) -> tuple[Tensor, Tensor]:
    """The mean loss and the hits of a batch, from those of the shares of it."""
    if world.size == 1:
        return loss, hits
    both = world.summed(torch.stack([loss.double() * share.of_batch, hits.double()]))
    return both[0], both[1]


def diagnosed(trainee: Trainee, loss: Tensor, forward: Callable[[], object], where: str) -> DivergedError:
    """What is not finite, as the process says it whose own loss is not; the same in all."""
    error = diagnose(trainee.model, loss, forward, where)
    found = trainee.world.gathered((bool(loss.isfinite()), error))
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
    tally, loss = Tally(where), loss or nn.CrossEntropyLoss()
    parts = parts_of(index, batch_size)
    own = [world.share(part) for part in parts]
    shares = shares_of(parts, own, 1, partial(masses, loss, data.labels))
    for (images, labels), share in zip(data.batches(own), shares, strict=True):
        logits = model(images)
        found = pooled(world, mean_loss(loss, logits, labels), hits(logits, labels), share)
        tally.add(*found, share.images, share.weight)
        after()
    return tally.read()
