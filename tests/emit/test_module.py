"""The built module is plain PyTorch, and works with what PyTorch has for modules."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from pathlib import Path

import pytest
import torch
from torch import nn

import cnnspec
from cnnspec.pytorch.build.modules import Dataflow

BRANCHES = """
cnnspec: 1
input: [4, 8, 8]
layers:
  - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1}
    id: stem
  - ReLU
  - Sequential:
      - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1}
      - Add:
        from: [prev, stem]
      - ReLU
    id: inner
  - Concat:
      left:
        - Conv2d: {out_channels: 2, kernel_size: 1}
      right: []
      chosen:
        when: $(in.channels == 9)
        layers: [ReLU]
  - Multiply:
      - - Conv2d: {out_channels: 10, kernel_size: 1}
          id: gate
        - Sigmoid
      - []
  - Slice: {start: 2}
  - Flatten
  - Linear: {out_features: 3}
    id: fc
"""


@pytest.fixture
def branches(tmp_path: Path) -> nn.Module:
    """A network with references across scopes, named paths, and every join."""
    path = tmp_path / "branches.yaml"
    path.write_text(BRANCHES)
    torch.manual_seed(0)
    return cnnspec.build(path).eval()


def by_hand(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    stem = net.get_submodule("stem")(x)
    inner = net.get_submodule("inner")
    x = torch.relu(inner.get_submodule("0")(torch.relu(stem)) + stem)
    x = torch.cat([net.get_submodule("left.0")(x), x], 1)
    x = torch.sigmoid(net.get_submodule("gate")(x)) * x
    result: torch.Tensor = net.get_submodule("fc")(x[:, 2:].flatten(1))
    return result


def test_branches_compute_what_they_say(branches: nn.Module) -> None:
    """Joins, slices and references across scopes compute what the same lines compute by hand."""
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(branches(x), by_hand(branches, x))


def test_keys_are_ids_or_positions(branches: nn.Module) -> None:
    """A child's name is its id, or its position in its scope with the paths of joins counted before the join."""
    assert [name for name, _ in branches.named_children()] == [
        "stem", "1", "inner", "left", "4", "gate", "6", "7", "8", "9", "fc",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["mnist/resnet18", "mnist/googlenet", "mnist/lenet"])
def test_pickle_and_deepcopy(name: str) -> None:
    """A network can be pickled and copied, and computes the same afterwards."""
    net = cnnspec.build(name).eval()
    x = torch.randn(2, 1, 28, 28)
    expected = net(x)
    assert torch.equal(copy.deepcopy(net)(x), expected)
    assert torch.equal(pickle.loads(pickle.dumps(net))(x), expected)


@pytest.mark.parametrize("name", ["mnist/resnet18", "mnist/googlenet"])
def test_fx_traces_it(name: str) -> None:
    """torch.fx sees through joins and dataflow to plain operations on torch.nn's own modules."""
    net = cnnspec.build(name).eval()
    traced = torch.fx.symbolic_trace(net)
    x = torch.randn(2, 1, 28, 28)
    assert torch.equal(traced(x), net(x))
    called = {type(net.get_submodule(str(n.target))).__module__ for n in traced.graph.nodes if n.op == "call_module"}
    assert all(module.startswith("torch.nn") for module in called)


@pytest.mark.parametrize("name", ["mnist/resnet18", "mnist/googlenet"])
def test_export_takes_it(name: str) -> None:
    """torch.export exports it whole, with the batch free."""
    net = cnnspec.build(name).eval()
    x = torch.randn(3, 1, 28, 28)
    program = torch.export.export(net, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    other = torch.randn(5, 1, 28, 28)
    assert torch.allclose(program.module()(other), net(other), atol=1e-5)


def test_compile_breaks_nothing() -> None:
    """torch.compile takes the whole forward as one graph."""
    net = cnnspec.build("mnist/resnet18").eval()
    x = torch.randn(2, 1, 28, 28)
    with torch.no_grad():
        assert torch.equal(torch.compile(net, backend="eager", fullgraph=True)(x), net(x))


def test_replaced_children_are_the_ones_that_run() -> None:
    """A child that is replaced after building, as quantizers and SyncBatchNorm do, is the one that runs."""
    net = cnnspec.build("mnist/resnet18")
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(net)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in converted.modules())
    block = net.get_submodule("layer1.0")
    block.conv1 = nn.Identity()
    block.conv2 = nn.Identity()
    assert net.eval()(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


@pytest.mark.parametrize("name", ["mnist/resnet152", "mnist/googlenet"])
def test_builds_on_meta(name: str) -> None:
    """On the meta device nothing is allocated, and a forward pass gives the shape."""
    net = cnnspec.build(name, device="meta")
    assert {p.device.type for p in net.parameters()} == {"meta"}
    assert net(torch.empty(2, 1, 28, 28, device="meta")).shape == (2, 10)


def test_slices_of_a_chain_are_chains() -> None:
    """The root of a chain is an nn.Sequential, with all that this has."""
    net = cnnspec.build("mnist/lenet")
    assert isinstance(net, nn.Sequential)
    assert net[:3](torch.zeros(1, 1, 28, 28)).shape == (1, 6, 14, 14)


def test_prints_with_the_names_of_blocks() -> None:
    """Printing shows the spec's blocks."""
    text = repr(cnnspec.build("mnist/resnet18"))
    assert text.startswith("resnet18(\n  (conv1): Conv2d(1, 64")
    assert "(layer1): Stage(\n    (0): BasicBlock(" in text
    assert "(downsample): Sequential(" in text


def test_dataflow_holds_a_tensor_no_longer_than_needed(tmp_path: Path) -> None:
    """At each step only tensors are alive that a later step reads."""
    text = """
cnnspec: 1
input: [2]
layers:
  - Add:
      - [Identity, Linear: {out_features: 2}, Tanh, Linear: {out_features: 2}, Tanh]
      - []
"""
    made: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []

    def watch(_: nn.Module, __: object, out: torch.Tensor) -> None:
        gc.collect()
        alive.append(sum(ref() is not None for ref in made))
        made.append(weakref.ref(out))

    path = tmp_path / "t.yaml"
    path.write_text(text)
    net = cnnspec.build(path)
    assert isinstance(net, Dataflow)
    for child in net.children():
        child.register_forward_hook(watch)
    with torch.no_grad():
        net(torch.zeros(1, 2))
    assert max(alive) <= 2


def test_trains_under_ddp(tmp_path: Path) -> None:
    """DistributedDataParallel wraps it, and every parameter gets a gradient."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    try:
        net = nn.parallel.DistributedDataParallel(cnnspec.build("mnist/resnet18"))
        net(torch.randn(2, 1, 28, 28)).sum().backward()
    finally:
        torch.distributed.destroy_process_group()
    assert all(p.grad is not None for p in net.parameters())
