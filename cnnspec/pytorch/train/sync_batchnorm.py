"""BatchNorm over the images of all processes, so that a batch that is shared is normalised as a whole.

On GPUs it is torch's own. That knows no CPU, for which the sums over all processes are made here, by the same formula.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.autograd import Function
from torch.nn.modules.batchnorm import _BatchNorm


class SyncBatchNorm(_BatchNorm):
    """BatchNorm of any number of dimensions on a CPU."""

    def _check_input_dim(self, input: Tensor) -> None:
        """As torch's SyncBatchNorm, which replaces all of them."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
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


class _Summed(Function):
    """The sum over all processes, and on the way back the sum of its gradients."""

    @staticmethod
    def forward(context: object, tensor: Tensor) -> Tensor:
        found = tensor.clone()
        dist.all_reduce(found)
        return found

    @staticmethod
    def backward(context: object, gradient: Tensor) -> Tensor:
        return _Summed.forward(context, gradient)


def _summed(tensor: Tensor) -> Tensor:
    return cast(Tensor, _Summed.apply(tensor))


def _wide(channels: Tensor, like: Tensor) -> Tensor:
    """A number for each channel as it meets a batch."""
    return channels.view(-1, *[1] * (like.dim() - 2))


def synchronised(model: nn.Module) -> nn.Module:
    """The model, on its device, with each BatchNorm over the images of all processes; the keys stay."""
    kind = SyncBatchNorm if next(model.parameters()).device.type == "cpu" else nn.SyncBatchNorm
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, _BatchNorm):
                setattr(module, name, _like(child, kind))
    return model


def _like(norm: _BatchNorm, kind: type[_BatchNorm]) -> _BatchNorm:
    """The same parameters and buffers, in a norm of all processes."""
    made = kind(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
    made._parameters, made._buffers = norm._parameters, norm._buffers  # noqa: SLF001 - an optimizer knows them
    return made.train(norm.training)
