"""Weights that are averaged over the steps: an exponential moving average (EMA), which is measured and written."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

import torch
from torch import Tensor, nn


class Average:
    """A copy of a model whose numbers follow the model's: times ``decay``, plus what is left of the model's.

    The first step copies; buffers that are no floating point numbers, such as the count of batches, are copied always.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = deepcopy(model).requires_grad_(requires_grad=False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, *, first: bool) -> None:
        """The optimizer has made a step."""
        pairs = list(zip(_tensors(self.model), _tensors(model), strict=True))
        moved = [(mean, new) for mean, new in pairs if mean.is_floating_point() and not first]
        for mean, new in pairs:
            if first or not mean.is_floating_point():
                mean.copy_(new)
        if moved:
            means, news = zip(*moved, strict=True)
            torch._foreach_lerp_(means, news, 1 - self.decay)


def _tensors(model: nn.Module) -> Iterable[Tensor]:
    yield from model.parameters()
    yield from model.buffers()
