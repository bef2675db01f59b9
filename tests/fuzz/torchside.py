"""The oracle: PyTorch's eager modules on the CPU, in training and in evaluation.

A network is run as ``cnnspec.build`` makes it. A part of one, before a refusal, is run node by node.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from cnnspec.engine.layers import Call
from cnnspec.engine.network import INPUT, Graph, Node
from cnnspec.pytorch.build.module import module
from tests.layers.oracle import construct, parts

BATCH = 2
Shapes = dict[str, list[tuple[int, ...]]]


class Disagreement(AssertionError):
    """Torch does something else."""


def differ(message: str) -> None:
    raise Disagreement(message)


@contextmanager
def agreeing(what: str) -> Iterator[None]:
    """Whatever torch raises inside is a disagreement."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Disagreement:
        raise
    except Exception as error:
        raise Disagreement(f"{what}: torch raises {type(error).__name__}: {error}") from error


def run_whole(graph: Graph) -> None:
    """Builds the network and holds every shape, parameter and key against the graph."""
    with agreeing("an accepted network"):
        net = module(graph)
        same_tensors(graph, net)
        same_shapes(graph, net.train(), BATCH)
        for batch in (BATCH,) if needs_a_batch(graph) else (BATCH, 1):
            same_shapes(graph, net.eval(), batch)
        if any(getattr(m, "inplace", False) for m in net.modules()):
            same_values(graph, net)


def needs_a_batch(graph: Graph) -> bool:
    """A policy: a BatchNorm of one value a channel takes no single image where it normalises as in training."""
    norms = [node for node in graph.nodes if node.type.startswith("BatchNorm")]
    return any(node.shape.elements == node.shape[0] and not node.layer.track_running_stats for node in norms)


def same_tensors(graph: Graph, net: nn.Module) -> None:
    params = sum(p.numel() for p in net.parameters())
    if params != graph.params:
        differ(f"{graph.params} params, and torch has {params}")
    theirs = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    ours = {name: tensor.shape for name, tensor in graph.tensors.items()}
    if theirs != ours:
        differ(f"state dict {ours}, and torch has {theirs}")


def same_shapes(graph: Graph, net: nn.Module, batch: int) -> None:
    """Forward, and in training backward, with the output of every node compared."""
    seen: Shapes = {}
    modules = dict(net.named_modules())
    run = [node for node in graph.nodes if net.training or not node.aux]
    nodes = [node for node in run if not node.layer.is_parameter]  # a parameter has no hooks
    hooks = [modules[key].register_forward_hook(_note(seen, key)) for key in {node.key for node in nodes}]
    xs = inputs(graph, batch, training=net.training)
    with torch.set_grad_enabled(net.training):
        ys = flat(net(*(x * 1 for x in xs)))  # a leaf cannot be changed in place
        if net.training:
            sum(y.sum() for y in ys).backward()
    for hook in hooks:
        hook.remove()
    ours = {node.key: [(batch, *one.shape) for one in node.outputs.values()] for node in nodes}
    given = [(batch, *graph.shape(value)) for value in wanted(graph, net.training)]
    if seen != ours or [tuple(y.shape) for y in ys] != given:
        differ(f"shapes {ours} → {given}, and torch has {seen} → {[tuple(y.shape) for y in ys]}")


def inputs(graph: Graph, batch: int, *, training: bool) -> list[torch.Tensor]:
    """What a network takes; whole numbers are such that any embedding has a vector for them."""
    return [
        torch.zeros(batch, *shape, dtype=getattr(torch, graph.dtypes[name]))
        if name in graph.dtypes
        else torch.randn(batch, *shape, requires_grad=training)
        for name, shape in graph.inputs.items()
    ]


def wanted(graph: Graph, training: bool) -> list[int]:
    """The values that a network gives, in training those of its aux heads behind its own."""
    return [*graph.output_values, *([head.value for head in graph.aux] if training else [])]


def flat(given: Any) -> list[torch.Tensor]:
    """What a network gives: a tensor, several by name, or those of aux heads beside its own."""
    if isinstance(given, torch.Tensor):
        return [given]
    return list(given.values() if isinstance(given, dict) else given)


def _note(seen: Shapes, key: str):  # type: ignore[no-untyped-def]
    return lambda _module, _inputs, output: seen.update({key: [tuple(part.shape) for part in parts(output)]})


def same_values(graph: Graph, net: nn.Module) -> None:
    """Working in place changes no value, in training or in evaluation, beyond what another order in memory rounds."""
    plain = not_in_place(net)
    xs = (
        [x.detach() * 3 for x in inputs(graph, BATCH, training=False)]
        if not graph.dtypes
        else inputs(graph, BATCH, training=False)
    )
    drawn_in_order = all(node.type != "RReLU" for node in graph.nodes)  # in place it draws in the order of memory
    for training in (True, False) if drawn_in_order else (False,):
        sides = [seeded(side.train(training), xs) for side in (net, plain)]
        if not all(torch.allclose(*pair, rtol=1e-4, atol=1e-6) for pair in zip(*sides, strict=True)):
            differ("a layer in place changes what the network computes")


def not_in_place(net: nn.Module) -> nn.Module:
    plain = copy.deepcopy(net)
    for child in plain.modules():
        if hasattr(child, "inplace"):
            child.inplace = False
    return plain


def seeded(net: nn.Module, xs: list[torch.Tensor]) -> list[torch.Tensor]:
    torch.manual_seed(0)
    with torch.no_grad():
        return [torch.nan_to_num(y) for y in flat(net(*(x.clone() for x in xs)))]


class Part:
    """The nodes that are known, run one by one in training; ``plain`` runs none of them in place."""

    def __init__(self, graph: Graph, training: bool = True, plain: bool = False) -> None:
        torch.manual_seed(0)
        self.leaves = inputs(graph, BATCH, training=True)
        self.values = {INPUT - place: leaf * 1 for place, leaf in enumerate(self.leaves)}
        nodes = [node for node in graph.nodes if training or not node.aux]
        used = {value for node in nodes for value in node.inputs}
        self.ends = [value for node in nodes for value in node.values if value not in used]
        for node in nodes:
            self.run(node, training, plain)

    def run(self, node: Node, training: bool, plain: bool) -> None:
        made = construct(node.layer.call(node.input_shapes[0])).train(training)
        if plain:
            made = not_in_place(made)
        ys = parts(made(*(self.values[value] for value in node.inputs)))
        ours = [(BATCH, *one.shape) for one in node.outputs.values()]
        if [tuple(y.shape) for y in ys] != ours:
            differ(f"{node.key}: {ours}, and torch has {[tuple(y.shape) for y in ys]}")
        self.values |= zip(node.values, ys, strict=True)

    def backward(self, values: Iterable[int] | None = None) -> bool:
        """Whether torch finds a gradient."""
        try:
            sum(self.values[v].sum() for v in (self.ends if values is None else values)).backward()
        except RuntimeError:
            return False
        return True


def refuses(call: Call, inputs: list[torch.Tensor]) -> bool:
    """Whether torch raises in making the module, running or training it on tensors of these shapes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = construct(call)
            fresh = [x.detach().clone().requires_grad_(x.is_floating_point()) for x in inputs]
            sum(y.sum() for y in parts(made.train()(*(x * 1 for x in fresh)))).backward()
            with torch.no_grad():
                ys = parts(made.eval()(*fresh))
                made(*(x[:1] for x in fresh))
        except Exception:  # noqa: BLE001 - torch raises errors of every kind
            return True
    return any(y.numel() == 0 for y in ys)  # see EMPTY in tests/layers/policies.py
