"""The loop: an epoch of training, and a pass that only measures.

Before each step the loss and the gradients are looked at: numbers that are not finite never reach a weight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnspec.data.examples import Data
from cnnspec.train.finite import diagnose, is_finite
from cnnspec.train.tally import Tally
from cnnspec.train.watch import Figures

Report = Callable[[Figures], None]


def nothing() -> None:
    """What is done after a step, where nothing is."""


def epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Data,
    order: Tensor,
    batch_size: int,
    number: int = 1,
    report: Report | None = None,
    weights: Sequence[float] = (),
    tally: Tally | None = None,
    after: Callable[[], None] = nothing,
) -> Figures:
    """Train on the images at ``order`` (indices into ``data``, on its device), a batch at a time, in that order.

    ``weights`` are those of the losses of aux heads, whose logits the model gives behind its own; the figures are those
    of its own alone. ``tally`` knows of steps that are done already, and gets the others; ``after`` is called after
    each step. ``report`` gets the figures so far, a few times a second. Raises DivergedError, which names the epoch by
    its ``number``, the step and the layer, where a loss or a gradient is not finite.
    """
    model.train()
    tally = Tally() if tally is None else tally
    tally.begin(f"epoch {number}")
    left = order[tally.images :]
    for images, labels in data.batches(left, batch_size) if len(left) else ():
        logits, *heads = model(images) if weights else (model(images),)
        loss = cross_entropy(logits, labels)
        losses = [weight * cross_entropy(head, labels) for weight, head in zip(weights, heads, strict=True)]
        total = sum(losses, loss)
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        if not is_finite(total, model.parameters()):
            where = f"step {tally.steps + 1:,} of {tally.where}"
            raise diagnose(model, total.detach(), partial(model, images), where)
        optimizer.step()
        tally.add(loss.detach(), logits.detach(), labels)
        if tally.due():
            figures = tally.read()
            if report:
                report(figures)
        after()
    return tally.read()


@torch.inference_mode()
def measure(
    model: nn.Module,
    data: Data,
    index: Tensor,
    batch_size: int,
    where: str = "the images",
    after: Callable[[], None] = nothing,
) -> Figures:
    """Loss and accuracy on the images at ``index``; nothing is trained. Raises DivergedError, which says ``where``."""
    model.eval()
    tally = Tally(where)
    for images, labels in data.batches(index, batch_size):
        logits = model(images)
        tally.add(cross_entropy(logits, labels), logits, labels)
        after()
    return tally.read()
