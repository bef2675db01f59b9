"""The shipped networks, against the report, PyTorch and hand-written modules."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import cnnspec
from cnnspec.engine.spec import known_specs
from tests import reference
from tests.members import MEMBERS
from tests.tiers import tiered

REPORTED = {
    "lenet": 61_706,
    "alexnet": 771_130,
    "vgg16": 1_349_818,
    "vgg19": 1_792_570,
    "googlenet": 97_488,
    "resnet18": 11_521_226,
    "resnet34": 22_190_026,
    "resnet50": 37_961_674,
    "resnet101": 74_814_410,
    "resnet152": 105_168_842,
}
NAMES = known_specs()
RUN = [name for name in NAMES if name.startswith(("first", "mnist/")) or name in MEMBERS]


@pytest.mark.parametrize(("name", "params"), REPORTED.items())
def test_parameters_are_those_of_the_report(name: str, params: int) -> None:
    """The graph and the module have as many parameters as the report says."""
    assert cnnspec.graph(f"mnist/{name}").params == params
    module = cnnspec.build(f"mnist/{name}", device="meta")
    assert sum(p.numel() for p in module.parameters()) == params


@pytest.mark.parametrize("name", tiered(RUN))
def test_graph_says_what_the_module_does(name: str) -> None:
    """Every node's shapes are what a forward hook sees, its tensors what the state dict holds, MACs half the flops."""
    graph = cnnspec.graph(name)
    device = "cpu" if graph.input[0] == 1 else "meta"  # those for ImageNet run in shapes alone
    module = cnnspec.build(name, device=device).eval()
    seen: list[tuple[str, list[tuple[int, ...]], tuple[int, ...]]] = []
    for node in (node for node in graph.nodes if not node.layer.is_parameter):

        def see(_: nn.Module, given: tuple[torch.Tensor, ...], out: torch.Tensor, key: str = node.key) -> None:
            seen.append((key, [tuple(x.shape[1:]) for x in given], tuple(out.shape[1:])))

        module.get_submodule(node.key).register_forward_hook(see)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        out = module(torch.zeros(1, *graph.input, device=device))
    assert seen == [
        (n.key, [tuple(s) for s in n.input_shapes], tuple(n.shape))
        for n in graph.nodes
        if not (n.aux or n.layer.is_parameter)
    ]
    assert tuple(out.shape[1:]) == graph.output
    assert {k: tuple(v.shape) for k, v in module.state_dict().items()} == {k: t.shape for k, t in graph.tensors.items()}
    if not any(node.layer.is_parameter for node in graph.nodes):  # those stand before the modules of their scope
        assert list(module.state_dict()) == list(graph.tensors)
    assert counter.get_total_flops() == graph.flops


def assert_equal_outputs(built: nn.Module, written: nn.Module) -> None:
    """Both modules with the weights of the second, in training and in evaluation."""
    ours, theirs = built.state_dict(), written.state_dict()
    assert [v.shape for v in ours.values()] == [v.shape for v in theirs.values()]
    built.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))
    images = torch.randn(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for mode in (True, False):
        built.train(mode)
        written.train(mode)
        torch.manual_seed(1)
        expected = written(images)
        torch.manual_seed(1)
        assert torch.equal(built(images), expected)
    built.train()
    written.train()
    for module in (built, written):
        torch.manual_seed(2)
        module.zero_grad()
        module(images).square().sum().backward()
    pairs = zip(built.parameters(), written.parameters(), strict=True)
    assert all(a.grad is not None and torch.equal(a.grad, b.grad) for a, b in pairs)


WRITTEN: dict[str, Callable[[], nn.Module]] = {
    "lenet": reference.LeNet,
    "alexnet": reference.AlexNet,
    "vgg16": reference.vgg16,
    "vgg19": reference.vgg19,
    "googlenet": reference.GoogLeNet,
    "resnet18": reference.resnet18,
    "resnet50": reference.resnet50,
}


@pytest.mark.parametrize("name", WRITTEN)
def test_outputs_equal_a_hand_written_module_to_the_bit(name: str) -> None:
    """With the weights of a hand-written module, outputs and gradients are its own, bit for bit."""
    settings = {} if name.startswith(("lenet", "resnet")) else {"dropout": 0.0}
    torch.manual_seed(0)
    assert_equal_outputs(cnnspec.build(f"mnist/{name}", **settings), WRITTEN[name]())


def test_same_seed_gives_the_weights_of_a_hand_written_module() -> None:
    """Layers are made in the order in which they run, so that a seed means what it means in PyTorch."""
    torch.manual_seed(3)
    built = cnnspec.build("mnist/resnet18")
    torch.manual_seed(3)
    written = reference.resnet18()
    assert all(torch.equal(a, b) for a, b in zip(built.parameters(), written.parameters(), strict=True))
