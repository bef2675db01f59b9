"""BatchNorm over the images of all processes, so that a batch that is shared is normalised as a whole.

On GPUs it is torch's own, which knows no CPU; there the sums of all processes are made here, by the same formula.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.distributed.nn import functional as across


class SyncBatchNorm(nn.SyncBatchNorm):
    """torch's, and on a CPU as well."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or input.device.type != "cpu":
            return super().forward(input)
        x = input.float()
        rest = [0, *range(2, x.dim())]  # all but the channels
        number = x.numel() // x.shape[1]
        sums = _summed(torch.cat([x.sum(rest), x.new_tensor([number])]))
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = x - _wide(mean, x)
        variance = _summed(centred.square().sum(rest)) / count
        self._follow(mean.detach(), variance.detach() * count / (count - 1))
        y = centred * _wide(torch.rsqrt(variance + self.eps), x)
        if self.affine:
            y = y * _wide(self.weight, x) + _wide(self.bias, x)
        return y.to(input.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """The running statistics."""
        if not self.track_running_stats:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        cast(Tensor, self.running_mean).lerp_(mean, share)
        cast(Tensor, self.running_var).lerp_(variance, share)


def _summed(tensor: Tensor) -> Tensor:
    """The sum over all processes; so are its gradients summed on the way back."""
    return cast(Tensor, across.all_reduce(tensor))  # type: ignore[no-untyped-call]


def _wide(channels: Tensor, like: Tensor) -> Tensor:
    """A number for each channel as it meets a batch."""
    return channels.view(-1, *[1] * (like.dim() - 2))


def synchronised(model: nn.Module) -> nn.Module:
    """The model with each BatchNorm over the images of all processes; the keys stay."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
                setattr(module, name, _like(child))
    return model


def _like(norm: nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) -> SyncBatchNorm:
    """The same parameters and buffers, in a norm of all processes."""
    made = SyncBatchNorm(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
    made._parameters, made._buffers = norm._parameters, norm._buffers  # noqa: SLF001 - an optimizer knows them
    return made.train(norm.training)
