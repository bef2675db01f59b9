"""Graph -> nn.Module: the spec's hierarchy and keys, plain PyTorch inside.

A scope that is a chain becomes an ``nn.Sequential``; any other a ``Dataflow``, which runs its children in order and
keeps each tensor no longer than a hand-written ``forward`` would.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from importlib import import_module
from typing import Any

import torch
from torch import nn

from cnnspec.diagnostics import UsageError
from cnnspec.emit.modules import Chain, Dataflow, Step
from cnnspec.layers import Call
from cnnspec.network import Graph, Node, Scope
from cnnspec.spec.items import SCOPE


def module(graph: Graph, device: torch.device | str | None = None) -> nn.Module:
    """The network with PyTorch's own initial weights, on ``device``; takes batches N×C×H×W."""
    if device is None:
        return _scope(graph.root, root=True)
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch's ways to say no to a device
        raise UsageError(f"there is no device `{device}` here: {str(error).splitlines()[0]}") from None
    with torch.device(device):
        return _scope(graph.root, root=True)


def construct(call: Call) -> nn.Module:
    """The module that a call describes."""
    made = _target(call.target)(**call.arguments)
    assert isinstance(made, nn.Module)
    return made


@lru_cache(maxsize=256)
def _target(name: str) -> Any:
    place, _, attribute = name.rpartition(".")
    return getattr(import_module(place), attribute)


def _scope(scope: Scope, root: bool = False) -> nn.Module:
    children = OrderedDict((child.name, _child(child)) for child in scope.children)
    if not scope.is_chain:
        return Dataflow(_title(scope, root), children, *_program(scope))
    if scope.type == SCOPE:
        return nn.Sequential(children)
    chain = Chain(children)
    chain._title = _title(scope, root)  # noqa: SLF001 - a class of ours
    return chain


def _title(scope: Scope, root: bool) -> str:
    return scope.type.rpartition("/")[2].rpartition(":")[2] if root else scope.type


def _child(child: Node | Scope) -> nn.Module:
    return _scope(child) if isinstance(child, Scope) else construct(child.layer.call(child.input_shapes[0]))


def _program(scope: Scope) -> tuple[tuple[Step, ...], int]:
    """Steps over registers, and the register of the output; a register is used again once its tensor is done with.

    A child's output goes to the lowest register that is free by then, those of its own last-used inputs included.
    """
    last_use = {value: step for step, child in enumerate(scope.children) for value in child.inputs}
    last_use[scope.output] = len(scope.children)
    register = {value: i for i, value in enumerate(scope.inputs)}
    steps: list[Step] = []
    for number, child in enumerate(scope.children):
        read = tuple(register[value] for value in child.inputs)
        done = [value for value in register if last_use.get(value, -1) <= number]
        freed = sorted(register.pop(value) for value in done)
        value = child.output if isinstance(child, Scope) else child.index
        target = _lowest_free(register) if last_use.get(value, -1) > number else None
        if target is not None:
            register[value] = target
        steps.append(Step(child.name, read, target, tuple(r for r in freed if r != target)))
    return tuple(steps), register[scope.output]


def _lowest_free(register: dict[int, int]) -> int:
    used = set(register.values())
    return next(i for i in range(len(used) + 1) if i not in used)
