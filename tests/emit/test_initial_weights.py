"""A seed gives the weights that torchvision's builders draw from it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision import models

import cnnspec
from tests.tiers import tiered

# A member of each family, the small one where there is a choice.
NAMES = [
    *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "mnasnet0_5"),
    *("mobilenet_v2", "mobilenet_v3_small", "regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet50"),
    *("resnext50_32x4d", "shufflenet_v2_x0_5", "squeezenet1_1", "vgg11_bn"),
]


@pytest.mark.parametrize("name", tiered(NAMES))
def test_a_seed_gives_torchvisions_weights(name: str) -> None:
    """Every tensor is equal to the bit, and so many numbers were drawn that the next one is the same."""
    torch.manual_seed(0)
    ours = cnnspec.build(name).state_dict()
    state = torch.get_rng_state()
    torch.manual_seed(0)
    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of another initialisation to come
        theirs = models.get_model(name, weights=None).state_dict()
    assert [key for key in theirs if not torch.equal(ours[key], theirs[key])] == []
    assert torch.equal(state, torch.get_rng_state())


SPEC = """
cnnspec: 1
input: [2, 8, 8]
init:
  Conv2d: {weight: dirac_, bias: {constant_: {val: 3}}}
  fc: {weight: {normal_: {std: 0.5}}, bias: null}
layers:
  - Conv2d: {out_channels: 2, kernel_size: 3, padding: 1}
    id: conv
  - Flatten
  - Linear: {out_features: 4}
    id: fc
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.yaml"
    path.write_text(SPEC)
    return path


def test_parameters_are_filled_after_pytorchs_own_initialisation(path: Path) -> None:
    """What is not named, or is null, has what a hand-written network draws."""
    torch.manual_seed(0)
    built = cnnspec.build(path)
    torch.manual_seed(0)
    written = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.Flatten(), nn.Linear(128, 4))
    assert torch.equal(built.get_parameter("fc.bias"), written[2].bias)
    x = torch.randn(1, 2, 8, 8)
    assert torch.equal(built.get_submodule("conv")(x), x + 3)
    nn.init.dirac_(written[0].weight)
    torch.manual_seed(0)
    nn.Linear(128, 4)
    assert built.get_parameter("fc.weight").std() > 0.4


def test_parameters_stay_parameters(path: Path) -> None:
    """They are trained, and have no gradient of their own making."""
    for parameter in cnnspec.build(path).parameters():
        assert parameter.requires_grad
        assert parameter.is_leaf
        assert parameter.grad_fn is None


def test_nothing_is_filled_on_the_meta_device(path: Path) -> None:
    """There are no numbers there, and torch passes over them as well."""
    assert {p.device.type for p in cnnspec.build(path, device="meta").parameters()} == {"meta"}


def test_every_function_is_called(tmp_path: Path) -> None:
    """One line each: what the checker takes, torch takes when the network is built."""
    given = {"constant_": "{val: 1}", "sparse_": "{sparsity: 0.5}"}
    matrices = ("eye_", "sparse_", "orthogonal_", "normal_", "constant_", "xavier_normal_", "kaiming_uniform_")
    lines = [f"  '{number}': {{weight: {{{name}: {given.get(name, '{}')}}}}}" for number, name in enumerate(matrices)]
    layers = "\n".join("  - Linear: {out_features: 4}" for _ in matrices)
    path = tmp_path / "t.yaml"
    path.write_text("\n".join(["cnnspec: 1", "input: [4]", "init:", *lines, "layers:", layers, ""]))
    built = cnnspec.build(path)
    assert torch.equal(built.get_parameter("0.weight"), torch.eye(4))
    assert (built.get_parameter("1.weight") == 0).sum() == 8
    assert torch.allclose(built.get_parameter("2.weight") @ built.get_parameter("2.weight").T, torch.eye(4), atol=1e-5)
    assert torch.equal(built.get_parameter("4.weight"), torch.ones(4, 4))
