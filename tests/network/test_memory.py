"""Memory: what PyTorch itself keeps and holds, counted on the real modules."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

import cnnspec
from cnnspec.engine.network import Graph
from cnnspec.engine.network.memory import BYTES, memory
from cnnspec.engine.spec import known_specs
from cnnspec.pytorch.build.module import module
from tests.layers.oracle import parts
from tests.members import MEMBERS
from tests.network.graphs import OF_ONE_MAP, chain, graph_of, taken_cases
from tests.tiers import tiered

EVEN_KERNEL = "Using padding='same' with even kernel lengths"
SMALL = [name for name in known_specs() if name == "first" or name.startswith("mnist/")]
LARGE = [name for name in MEMBERS if name not in SMALL]


def storages(tensors: Iterable[Tensor]) -> dict[int, int]:
    """The bytes of each piece of memory that tensors lie in."""
    return {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in tensors}


def kept(net: nn.Module, images: Tensor) -> int:
    """Bytes that autograd saves in a forward pass, parameters and buffers aside."""
    saved: list[weakref.ref[Tensor]] = []
    own = storages([*net.parameters(), *net.buffers()])

    def note(tensor: Tensor) -> Tensor:
        alone = tensor.detach()  # an output that its own gradient saves would hold itself for ever
        saved.append(weakref.ref(alone))
        return alone

    with warnings.catch_warnings(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        warnings.filterwarnings("ignore", EVEN_KERNEL)
        output = net.train()(images)
    there = storages(t for ref in saved if (t := ref()) is not None)
    del output
    return sum(size for storage, size in there.items() if storage not in own)


def held(net: nn.Module, images: Tensor) -> int:
    """The most bytes that tensors between layers take in a forward pass without gradients."""
    alive = [weakref.ref(images)]
    most = sum(storages([images]).values())

    def look(_: nn.Module, __: tuple[Tensor, ...], made: Tensor | tuple[Tensor, ...]) -> None:
        nonlocal most
        alive.extend(map(weakref.ref, parts(made)))
        most = max(most, sum(storages(t for ref in alive if (t := ref()) is not None).values()))

    class Products(TorchFunctionMode):
        """Those with a parameter of a scope, which have no module to hook."""

        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            made = function(*args, **(kwargs or {}))
            if function is Tensor.mul and isinstance(args[0], nn.Parameter):
                look(net, (), made)
            return made

    leaves = [child for child in net.modules() if not any(child.children())]
    hooks = [leaf.register_forward_hook(look) for leaf in leaves]
    with torch.no_grad(), Products():
        net.eval()(images)
    for hook in hooks:
        hook.remove()
    return most


def images(graph: Graph, batch: int, dtype: str, device: str) -> Tensor:
    if graph.dtypes:
        return torch.zeros(batch, *graph.input, device=device, dtype=torch.int64)
    return torch.rand(batch, *graph.input, device=device).to(getattr(torch, dtype))


def agrees(graph: Graph, dtype: str = "float32", device: str = "cpu") -> None:
    """Kept for an image and for a batch, held in inference, and the weights: all as PyTorch has them."""
    told = memory(graph, dtype)
    net = module(graph, device).to(getattr(torch, dtype))
    two, three = (kept(net, images(graph, batch, dtype, device)) for batch in (2, 3))
    assert (three - two, 3 * two - 2 * three) == (told.kept, told.shared)
    assert held(net, images(graph, 2, dtype, device)) == 2 * told.peak
    assert sum(storages(net.parameters()).values()) == told.weights
    assert sum(storages(net.buffers()).values()) == told.buffers


@pytest.mark.parametrize("name", OF_ONE_MAP)
def test_every_layer_keeps_what_torch_keeps(name: str) -> None:
    """Behind a trained layer each type keeps and shares what autograd does, with any of its arguments."""
    for arguments, shape in taken_cases(name):
        agrees(graph_of(chain(("PReLU", {}), (name, arguments)), *shape))


@pytest.mark.parametrize("name", OF_ONE_MAP)
def test_every_layer_keeps_little_without_gradient(name: str) -> None:
    """As the first layer, a type without parameters keeps nothing."""
    for arguments, shape in list(taken_cases(name))[:3]:
        agrees(graph_of(chain((name, arguments)), *shape))


def test_an_embedding_keeps_its_indices() -> None:
    """Whole numbers take 8 bytes each, in memory and for the gradient."""
    text = "cnnspec: 1\ninput: {tokens: {sizes: [12], dtype: int64}}\nlayers:\n"
    spec = cnnspec.loads(f"{text}  - Embedding: {{num_embeddings: 5, embedding_dim: 3}}\n  - Tanh\n")
    agrees(cnnspec.graph(spec))


BRANCHES = {
    "add": "[Add: [[PReLU], [Sigmoid], []], PReLU]",
    "product": "[PReLU, Multiply: [[PReLU], [Sigmoid]]]",
    "three factors": "[PReLU, Multiply: [[PReLU], [Sigmoid], [Tanh]]]",
    "factor without gradient": "[Multiply: [[PReLU], []]]",
    "squeeze and excite": "[PReLU, Multiply: [[], [AdaptiveAvgPool2d: {output_size: 1}, Sigmoid]]]",
    "concat": "[PReLU, Concat: [[], [Tanh], [{Conv2d: {out_channels: 2, kernel_size: 1}}, {ReLU: {inplace: true}}]]]",
    "halves": "[PReLU, Concat: [[Slice: {end: 2}], [Slice: {start: 2}, PReLU]], ChannelShuffle: {groups: 2}]",
    "part of a tensor": "[PReLU, Slice: {start: 1}, Flatten, Linear: {out_features: 3}, ReLU]",
    "kept once": "[PReLU, Add: [[{Conv2d: {out_channels: 4, kernel_size: 1}}], [PReLU], [Tanh]]]",
    "nested scopes": "[PReLU, Sequential: [Tanh, Sequential: [Sigmoid, PReLU], Tanh], Tanh]",
    "in place": "[{Conv2d: {out_channels: 9, kernel_size: 3}}, BatchNorm2d, {ReLU: {inplace: true}}, Tanh]",
    "output from above": (
        "[{PReLU: , id: a}, {MaxPool2d: {kernel_size: 2}}, {Upsample: {scale_factor: 8.0}},"
        " {layers: [{ReLU: , when: false}], from: a}]"
    ),
    "channels last": (
        "[{Conv2d: {out_channels: 4, kernel_size: 1}}, Permute: {dims: [0, 2, 3, 1]}, LayerNorm: {normalized_shape: 4},"
        " Linear: {in_features: 4, out_features: 9}, GELU, Linear: {in_features: 9, out_features: 4},"
        " Permute: {dims: [0, 3, 1, 2]}, LayerScale, StochasticDepth: {p: 0.5, mode: row}, LayerNorm2d]"
    ),
    "scaled": "[PReLU, Add: [[LayerScale, StochasticDepth: {p: 0.5, mode: batch}], []], LayerScale]",
    "blocks": "[BasicBlock: {width: 6, stride: 2}, BasicBlock: {width: 6}, Bottleneck: {width: 2}]",
}


@pytest.mark.parametrize("layers", BRANCHES.values(), ids=BRANCHES)
def test_branches_share_what_torch_shares(layers: str) -> None:
    """A tensor that several layers keep or read is counted once, and held to its last reader."""
    agrees(graph_of(layers.replace("PReLU, ", "PReLU: {}, "), 4, 8, 6))


def test_what_nothing_reads_is_not_kept() -> None:
    """A branch that does not lead to the output has no gradient, and autograd lets go of it."""
    graph = graph_of("[{PReLU: , id: a}, {Tanh: }, {Sigmoid: , from: a}]", 4, 8, 6)
    assert memory(graph).kept_at[1] == 0
    assert kept(module(graph), images(graph, 1, "float32", "cpu")) == memory(graph).kept


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [0, 1])
def test_padding_by_hand_is_kept(mode: str, padding: int) -> None:
    """A convolution whose padding is no zeros keeps the padded copy."""
    settings = {"out_channels": 3, "kernel_size": 3, "padding": padding, "padding_mode": mode}
    agrees(graph_of(chain(("PReLU", {}), ("Conv2d", settings)), 2, 5, 6))


@pytest.mark.parametrize("dtype", BYTES)
def test_types_of_numbers(dtype: str) -> None:
    """Each type of numbers takes its bytes, and indices and counters 8."""
    agrees(graph_of("[BasicBlock: {width: 6}, MaxPool2d: {kernel_size: 2}, Dropout]", 4, 8, 6), dtype)


@pytest.mark.parametrize("name", tiered(SMALL))
def test_small_networks(name: str) -> None:
    """The shipped networks for small images, on the CPU."""
    agrees(cnnspec.graph(name))


@pytest.mark.parametrize("name", tiered(LARGE))
def test_large_networks(name: str) -> None:
    """The others, on the device that computes nothing: its tensors have sizes, and are saved and freed all the same."""
    agrees(cnnspec.graph(name), device="meta")


def test_what_a_step_takes() -> None:
    """Inference holds the weights and the peak; a step with Adam four numbers a weight, and what is kept."""
    told = memory(cnnspec.graph("mnist/lenet"))
    assert told.inference(8) == 4 * 61_706 + 8 * told.peak
    assert told.training(8) == 16 * 61_706 + 8 * told.kept
    assert sum(told.kept_at) == told.kept
