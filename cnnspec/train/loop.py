"""The loop: an epoch of training, and a pass that only measures.

Losses and hits stay on the device as tensors, and are read a few times a second: a step waits for nothing. The check
for numbers that are not finite rides on that reading and still names the step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnspec.data.batches import batches
from cnnspec.data.examples import Data
from cnnspec.diagnostics import DivergedError
from cnnspec.train.watch import Figures

READ_EVERY = 0.25  # seconds
Report = Callable[[Figures], None]


def epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Data,
    order: Tensor,
    batch_size: int,
    number: int = 1,
    report: Report | None = None,
    weights: Sequence[float] = (),
) -> Figures:
    """Train on the images at ``order`` (indices into ``data``, on its device), a batch at a time, in that order.

    ``weights`` are those of the losses of aux heads, whose logits the model gives behind its own; the figures are those
    of its own alone.
    ``report`` gets the figures so far, a few times a second. Raises DivergedError, which names the epoch by its
    ``number`` and the step, where a loss is not finite.
    """
    model.train()
    tally = Tally(len(batches(order, batch_size)), order.device, f"epoch {number}")
    for images, labels in data.batches(order, batch_size):
        logits, *heads = model(images) if weights else (model(images),)
        loss = cross_entropy(logits, labels)
        losses = [weight * cross_entropy(head, labels) for weight, head in zip(weights, heads, strict=True)]
        optimizer.zero_grad()
        sum(losses, loss).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        tally.add(loss.detach(), logits.detach(), labels)
        if report and tally.due():
            report(tally.read())
    return tally.read()


@torch.inference_mode()
def measure(model: nn.Module, data: Data, index: Tensor, batch_size: int, where: str = "the images") -> Figures:
    """Loss and accuracy on the images at ``index``; nothing is trained. Raises DivergedError, which says ``where``."""
    model.eval()
    tally = Tally(len(batches(index, batch_size)), index.device, where)
    for images, labels in data.batches(index, batch_size):
        logits = model(images)
        tally.add(cross_entropy(logits, labels), logits, labels)
    return tally.read()


class Tally:
    """Losses and hits of the steps of one pass, kept on the device until they are read."""

    def __init__(self, steps: int, device: torch.device, where: str) -> None:
        self.losses = torch.zeros(steps, device=device)
        self.hits = torch.zeros(steps, dtype=torch.int64, device=device)
        self.sizes: list[int] = []
        self.where = where
        self.start = self.last_read = perf_counter()

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Note a step: its mean loss, and how many of its labels the logits hit."""
        step = len(self.sizes)
        self.losses[step] = loss
        self.hits[step] = (logits.argmax(1) == labels).sum()
        self.sizes.append(len(labels))

    def due(self) -> bool:
        """Whether the last reading is long enough ago."""
        return perf_counter() - self.last_read > READ_EVERY

    def read(self) -> Figures:
        """The figures of the steps so far; waits for the device. Raises DivergedError at a loss that is not finite."""
        steps = len(self.sizes)
        losses, hits = self.losses[:steps].double().cpu(), self.hits[:steps].cpu()
        self.last_read = perf_counter()
        bad = (~losses.isfinite()).nonzero()
        if len(bad):
            self._diverged(int(bad[0]), float(losses[bad[0]]))
        sizes = torch.tensor(self.sizes, dtype=torch.float64)
        images = sum(self.sizes)
        return Figures(float(losses @ sizes) / images, int(hits.sum()), images, self.last_read - self.start)

    def _diverged(self, step: int, loss: float) -> None:
        message = f"training diverged: the loss is {loss} at step {step + 1:,} of {self.where}"
        raise DivergedError(message, "a smaller learning rate is what mends it most often: --lr")
