"""A bare layer: a parameter of the scope that it stands in, under the line's own name."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

import cnnspec

TEXT = """
cnnspec: 1
input: [3, 8, 8]
layers:
  - Block
  - Block
  - AdaptiveAvgPool2d: {output_size: 1}
  - Flatten
  - Sequential:
      - LayerScale: {init_value: 2}
        id: factors
    id: last
blocks:
  Block:
    layers:
      - Add:
          - - Conv2d: {out_channels: 3, kernel_size: 3, padding: 1}
              id: conv
            - LayerScale: {init_value: 0.5}
              id: scale
            - StochasticDepth: {p: 0.2, mode: row}
          - []
"""


@pytest.fixture
def net(tmp_path: Path) -> nn.Module:
    path = tmp_path / "scaled.yaml"
    path.write_text(TEXT)
    torch.manual_seed(0)
    return cnnspec.build(path).eval()


def by_hand(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    for name in ("0", "1"):
        block = net.get_submodule(name)
        x = block.get_parameter("scale") * block.get_submodule("conv")(x) + x
    return x.mean((2, 3)) * net.get_parameter("last.factors")


def test_its_key_is_the_line_s_own(net: nn.Module) -> None:
    """The state dict has the parameter before the tensors of the scope's modules, as torch writes it."""
    keys = [*(f"{i}.{name}" for i in (0, 1) for name in ("scale", "conv.weight", "conv.bias")), "last.factors"]
    assert list(net.state_dict()) == keys
    assert net.state_dict()["0.scale"].shape == (3, 1, 1)
    assert net.state_dict()["last.factors"].tolist() == [2, 2, 2]


def test_it_multiplies(net: nn.Module) -> None:
    """What the scope hands on is its factor times what arrived, also once the factor has been trained."""
    x = torch.randn(2, 3, 8, 8)
    for _ in range(2):
        torch.testing.assert_close(net(x), by_hand(net, x))
        with torch.no_grad():
            net.get_parameter("0.scale").copy_(torch.randn(3, 1, 1))


def test_it_is_trained(net: nn.Module) -> None:
    """Every factor gets a gradient."""
    net.train()(torch.randn(8, 3, 8, 8)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize(
    "through",
    [
        copy.deepcopy,
        lambda net: pickle.loads(pickle.dumps(net)),
        torch.fx.symbolic_trace,
        lambda net: torch.export.export(net, (torch.randn(2, 3, 8, 8),)).module(),
        lambda net: torch.compile(net, backend="eager", fullgraph=True),
    ],
    ids=["deepcopy", "pickle", "fx", "export", "compile"],
)
def test_what_works_with_modules_works_with_it(net: nn.Module, through: object) -> None:
    """Copies, traces and programs compute the same."""
    x = torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(through(net)(x), net(x))  # type: ignore[operator]


def test_it_can_be_parametrized(net: nn.Module) -> None:
    """A parametrization that stands in for the parameter is the one that counts."""
    x = torch.randn(2, 3, 8, 8)
    block = net.get_submodule("0")
    parametrizations.weight_norm(block, "scale")
    block.parametrizations.scale.original0.data.zero_()
    assert torch.equal(block(x), x)


def test_it_shows_when_printed(net: nn.Module) -> None:
    """The parameter stands before the modules."""
    assert "(0): Block(\n    (scale): Parameter(3, 1, 1)\n    (conv): Conv2d(" in repr(net)


def test_it_moves_with_the_network(net: nn.Module) -> None:
    """On the meta device nothing is allocated."""
    assert {p.device.type for p in net.to("meta").parameters()} == {"meta"}
