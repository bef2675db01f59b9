"""Exported source, executed with torch and compared with the built network to the bit."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor, nn

from cnnspec.engine.diagnostics import CnnspecError, UsageError
from cnnspec.engine.network import Graph
from cnnspec.engine.verify.compare import DEFECT
from cnnspec.pytorch.build.module import module
from cnnspec.pytorch.build.samples import samples

SEED = 0
BATCH = 2
Outputs = Mapping[str, Tensor]


def verified(graph: Graph, source: str) -> str:
    """Build a network from its source and compare it with the one that cnnspec builds; return what was compared.

    Raises CnnspecError where they differ, UsageError where the built network cannot be run.
    """
    with torch.random.fork_rng(devices=[]):
        ours = _seeded(lambda: module(graph, "cpu"))
        theirs = _run(graph, lambda: _seeded(lambda: _network(source)()))
        keys = _same_state(graph, ours, theirs)
        inputs = list(samples(graph, BATCH))
        for mode in ("evaluation", "training"):
            _same_outputs(graph, ours, theirs, inputs, mode)
    sizes = " and ".join(f"{BATCH}×{shape}" for shape in graph.inputs.values())
    state = f"{keys} {'tensor' if keys == 1 else 'tensors'} of the state dict and their initial values"
    return f"compared with the built network: {state}, outputs for {sizes} in evaluation and training: equal"


def _network(source: str) -> Any:
    """The class of the network, which is the last of a source."""
    name = [node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)][-1]
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "<exported source>", "exec"), namespace)  # noqa: S102 - of our own writing
    return namespace[name]


def _seeded(make: Callable[[], Any]) -> Any:
    torch.manual_seed(SEED)
    return make()


def _run(graph: Graph, call: Callable[[], Any]) -> Any:
    """What the source does; whatever it raises is a difference."""
    try:
        return call()
    except Exception as error:
        raise _unlike(graph, f"it raises {type(error).__name__}: {error}") from error


def _unlike(graph: Graph, what: str) -> CnnspecError:
    return CnnspecError(f"the Python source of `{graph.name}` is not that network: {what}. Nothing is written", DEFECT)


def _same_state(graph: Graph, ours: nn.Module, theirs: nn.Module) -> int:
    """The number of tensors, which are equal in name, order and value."""
    one, other = ours.state_dict(), theirs.state_dict()
    for key, wanted in zip_longest(other, one):
        if key != wanted:
            raise _unlike(graph, f"it has the key `{key}` where the network has `{wanted}`")
    for key, tensor in one.items():
        if not _same(tensor, other[key]):
            raise _unlike(graph, f"the initial values of `{key}` differ")
    return len(one)


def _same_outputs(graph: Graph, ours: nn.Module, theirs: nn.Module, inputs: list[Tensor], mode: str) -> None:
    try:
        one = _outputs(ours.train(mode == "training"), inputs)
    except Exception as error:
        raise UsageError(f"the built network cannot be run: {type(error).__name__}: {error}") from error
    other = _run(graph, lambda: _outputs(theirs.train(mode == "training"), inputs))
    if list(one) != list(other) or not all(map(_same, one.values(), other.values())):
        raise _unlike(graph, f"its outputs in {mode} differ")
    if not all(map(_same, ours.buffers(), theirs.buffers())):
        raise _unlike(graph, f"its buffers after {mode} differ")


def _outputs(network: nn.Module, inputs: list[Tensor]) -> Outputs:
    """The outputs by name, with the draws of dropout that a seed gives."""
    torch.manual_seed(SEED)
    with torch.no_grad():
        given = network(*(x.clone() for x in inputs))
    if isinstance(given, Tensor):
        return {"": given}
    return given if isinstance(given, dict) else given._asdict()


def _same(one: Tensor, other: Tensor) -> bool:
    """To the bit; NaN equals NaN."""
    return one.shape == other.shape and torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))
