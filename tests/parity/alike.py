"""Whether two modules are one network: tensors by name, the settings that no tensor shows, outputs to the bit."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor, nn
from torchvision.ops import StochasticDepth

import cnnspec


def shapes(module: nn.Module) -> list[tuple[str, torch.Size]]:
    """Keys and shapes of the state dict, in its order."""
    return [(key, tensor.shape) for key, tensor in module.state_dict().items()]


def settings(module: nn.Module) -> list[tuple[float, ...]]:
    """What no key and no shape shows: of each norm and dropout in their order."""
    norms = [
        (m.eps, getattr(m, "momentum", 0)) for m in module.modules() if isinstance(m, nn.BatchNorm2d | nn.LayerNorm)
    ]
    skipped = {name for name, m in module.named_modules() if not getattr(m, "use_res_connect", True)}
    drops = [
        (m.p,)
        for name, m in module.named_modules()
        if isinstance(m, nn.Dropout | StochasticDepth) and name.rpartition(".")[0] not in skipped
    ]
    return norms + drops


def twin(name: str, written: nn.Module) -> nn.Module:
    """Our network with the parameters of another, the very tensors, and copies of its buffers."""
    built = cnnspec.build(name, device="meta")
    buffers = {key for key, _ in written.named_buffers()}
    state = {key: tensor.clone() if key in buffers else tensor for key, tensor in written.state_dict().items()}
    built.load_state_dict(state, strict=True, assign=True)
    return built


@torch.no_grad()
def liven(network: nn.Module) -> nn.Module:
    """Makes fresh norms and scales, which change next to nothing or cut a path off, some that have learnt something."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(std=2)
        if "layer_scale" in module._parameters:
            module.layer_scale.uniform_(0.5, 1.5)
    return network


def outputs(network: nn.Module, images: Tensor, *, training: bool) -> dict[str, Tensor]:
    """What a network gives by name, with the draws of dropout that a seed gives; a single output has no name."""
    torch.manual_seed(1)
    with torch.no_grad():
        given = network.train(training)(images)
    return {"": given} if isinstance(given, Tensor) else given._asdict()


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether outputs have the same names, in their order, and the same bits."""
    return list(one) == list(other) and all(map(torch.equal, one.values(), other.values()))


def same_buffers(one: nn.Module, other: nn.Module) -> bool:
    return all(map(torch.equal, one.buffers(), other.buffers()))


def digests(network: nn.Module) -> dict[str, str]:
    """A short mark of the bits of each tensor, so that two networks need not be held at a time."""
    return {
        key: hashlib.blake2b(tensor.contiguous().numpy().tobytes(), digest_size=8).hexdigest()
        for key, tensor in network.state_dict().items()
    }
