"""Patched networks against torchvision's own, changed by hand: the same keys, and the same bits with its weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision.models as zoo
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock
from torchvision.ops import SqueezeExcitation

import cnnspec

CIFAR = """
extends: resnet18
input: [3, 32, 32]
params: {num_classes: 10}
patch:
  - replace: conv1
    layers: [Conv2d: {out_channels: 64, kernel_size: 3, padding: 1, bias: false}]
  - remove: maxpool
"""

# What `replace_stride_with_dilation=[False, False, True]` makes of the last stage.
DILATED = """
extends: resnet50
patch:
  - replace: layer4.*.conv2
    layers:
      - Conv2d:
          out_channels: $inner
          kernel_size: 3
          padding: $(2 // stride)
          dilation: $(2 // stride)
          groups: $groups
          bias: false
  - replace: layer4.0.downsample.0
    layers: [Conv2d: {out_channels: $outer, kernel_size: 1, bias: false}]
"""

# The stem of ResNet-D, https://arxiv.org/abs/1812.01187
DEEP_STEM = """
extends: resnet18
patch:
  - replace: conv1
    layers:
      - Sequential:
          - Conv2d: {out_channels: 32, kernel_size: 3, stride: 2, padding: 1, bias: false}
          - BatchNorm2d
          - ReLU
          - Conv2d: {out_channels: 32, kernel_size: 3, padding: 1, bias: false}
          - BatchNorm2d
          - ReLU
          - Conv2d: {out_channels: 64, kernel_size: 3, padding: 1, bias: false}
"""

# https://arxiv.org/abs/1709.01507
SQUEEZED = """
extends: resnet18
params: {reduction: 16}
patch:
  - insert_after: layer*.*.bn2
    layers:
      - SqueezeExcitation: {squeeze: $(in.channels // reduction)}
        id: se
"""

POOLLESS = """
extends: squeezenet1_1
patch:
  - remove: features.8
  - replace: features.1
    layers: [SiLU]
  - insert_before: classifier.1
    layers: [Dropout: {p: 0}]
"""


def cifar() -> nn.Module:
    model = zoo.resnet18(num_classes=10)
    model.conv1 = nn.Conv2d(3, 64, kernel_size=3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model


def deep_stem() -> nn.Module:
    model = zoo.resnet18()
    model.conv1 = nn.Sequential(
        nn.Conv2d(3, 32, kernel_size=3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 32, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, kernel_size=3, padding=1, bias=False),
    )
    return model


class ExcitedBlock(BasicBlock):
    """A BasicBlock whose branch is squeezed and excited before it is added."""

    def __init__(self, inplanes: int, planes: int, *rest: Any, **more: Any) -> None:
        super().__init__(inplanes, planes, *rest, **more)
        self.bn2 = nn.Sequential()
        self.bn2.bn = nn.BatchNorm2d(planes)
        self.bn2.se = SqueezeExcitation(planes, planes // 16)


def squeezed() -> nn.Module:
    return zoo.ResNet(ExcitedBlock, [2, 2, 2, 2])


def poolless() -> nn.Module:
    model = zoo.squeezenet1_1()
    model.features[8], model.features[1] = nn.Identity(), nn.SiLU()
    return model


NETWORKS: dict[str, tuple[str, Callable[[], nn.Module], int]] = {
    "cifar": (CIFAR, cifar, 32),
    "dilated": (DILATED, lambda: zoo.resnet50(replace_stride_with_dilation=[False, False, True]), 64),
    "deep_stem": (DEEP_STEM, deep_stem, 64),
    "squeezed": (SQUEEZED, squeezed, 64),
    "poolless": (POOLLESS, poolless, 64),
}


def same_key(name: str, key: str) -> str:
    """The key that cnnspec has for one of a module in which a layer stands where torchvision lets it stand."""
    return key.replace("bn2.bn.", "bn2.").replace("bn2.se.", "se.") if name == "squeezed" else key


def disturbed(model: nn.Module) -> nn.Module:
    """The model with statistics and scales that are not those of the start."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_mean, module.running_var, module.weight.data, module.bias.data):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) * 0.5 + 0.5)
    return model


@pytest.mark.parametrize("name", NETWORKS)
def test_patched_networks_are_those_that_are_changed_by_hand(name: str, tmp_path: Path) -> None:
    """State dicts load into one another with no key left, and outputs are equal to the bit, in training too."""
    text, make, size = NETWORKS[name]
    path = tmp_path / "mine.yaml"
    path.write_text(f"cnnspec: 1{text}")
    assert cnnspec.check(path) == ()
    torch.manual_seed(0)
    theirs, ours = disturbed(make()), cnnspec.build(path, input=(3, size, size))
    ours.load_state_dict({same_key(name, key): tensor for key, tensor in theirs.state_dict().items()}, strict=True)
    x = torch.randn(2, 3, size, size)
    for training in (False, True):
        assert torch.equal(output(ours, x, training), output(theirs, x, training))


def output(model: nn.Module, x: Tensor, training: bool) -> Tensor:
    torch.manual_seed(0)
    model.train(training)
    with torch.no_grad():
        found: Tensor = model(x)
    return found


def test_weights_of_the_base_load_but_for_what_is_new(tmp_path: Path) -> None:
    """Keys of the base stay what they are, whatever is put among its lines or taken away."""
    path = tmp_path / "mine.yaml"
    path.write_text(f"cnnspec: 1{SQUEEZED}")
    with torch.device("meta"):
        base = zoo.resnet18().state_dict()
    own = cnnspec.graph(path).tensors
    assert base.keys() <= own.keys()
    assert {key.split(".")[2] for key in own.keys() - base.keys()} == {"se"}
