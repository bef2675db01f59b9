"""The loop: an epoch of training, and a pass that only measures.

Before each step the loss and the gradients are looked at: numbers that are not finite never reach a weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnspec.data.batches import batches
from cnnspec.data.examples import Data
from cnnspec.train.finite import diagnose, is_finite
from cnnspec.train.tally import Tally
from cnnspec.train.trainee import Trainee
from cnnspec.train.watch import Figures

Report = Callable[[Figures], None]


def nothing() -> None:
    """What is done after a step, where nothing is."""


def epoch(
    trainee: Trainee,
    data: Data,
    order: Tensor,
    report: Report | None = None,
    after: Callable[[], None] = nothing,
) -> Figures:
    """Train on the images at ``order`` (indices into ``data``, on its device), a batch at a time, in that order.

    The trainee's tally knows of batches that are done already, and gets the others: those of its own head, as they are
    while the weights change. ``after`` is called after each step, and ``report`` gets the figures so far, a few times
    a second. Raises DivergedError, which names the epoch, the step and the layer, where a loss or a gradient is not
    finite.
    """
    recipe, tally = trainee.recipe, trainee.tally
    trainee.model.train()
    tally.begin(f"epoch {trainee.epoch}")
    left = order[tally.images :]
    passes = data.batches(left, recipe.batch_size, trainee.augment) if len(left) else iter(())
    shares = steps_of(left, recipe.batch_size, recipe.accumulate)
    for (images, labels), (share, is_step) in zip(passes, shares, strict=True):
        inputs, targets = trainee.mix(images, labels) if trainee.mix else (images, labels)
        logits, loss, total = trainee.losses(inputs, targets)
        trainee.scaler.scale(total * share if share != 1 else total).backward()  # type: ignore[no-untyped-call]
        if is_step:
            if not is_finite(total, trainee.watched):
                where = f"step {tally.steps + 1:,} of {tally.where}"
                raise diagnose(trainee.model, total.detach(), partial(trainee.model, inputs), where)
            trainee.step()
        tally.add(loss.detach(), logits.detach(), labels)
        if tally.due():
            figures = tally.read()
            if report:
                report(figures)
        if is_step:
            after()
    return tally.read()


def steps_of(order: Tensor, size: int, accumulate: int) -> Iterator[tuple[float, bool]]:
    """For each batch its share of the images of its step, and whether it is the last of them.

    So that a step is one of all its images, however many batches they come in.
    """
    sizes = [len(part) for part in batches(order, size)] if len(order) else []
    for first in range(0, len(sizes), accumulate):
        group = sizes[first : first + accumulate]
        for place, images in enumerate(group, 1):
            yield images / sum(group), place == len(group)


@torch.inference_mode()
def measure(
    model: nn.Module,
    data: Data,
    index: Tensor,
    batch_size: int,
    where: str = "the images",
    after: Callable[[], None] = nothing,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
) -> Figures:
    """Loss and accuracy on the images at ``index``; nothing is trained. Raises DivergedError, which says ``where``."""
    model.eval()
    tally = Tally(where)
    for images, labels in data.batches(index, batch_size):
        logits = model(images)
        tally.add(loss(logits, labels), logits, labels)
        after()
    return tally.read()
