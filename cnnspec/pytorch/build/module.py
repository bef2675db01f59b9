"""Graph -> nn.Module: the spec's hierarchy and keys, plain PyTorch inside.

A scope that is a chain becomes an ``nn.Sequential``; any other a ``Dataflow``, which runs its children in order and
keeps each tensor no longer than a hand-written ``forward`` would. A whole network that is no chain is a ``Network``,
which knows aux heads and several inputs and outputs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

import torch
from torch import nn

from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.layers import Call
from cnnspec.engine.network import Graph, Node, Scope
from cnnspec.engine.plugins import PluginFault, origin
from cnnspec.engine.plugins.fault import fault
from cnnspec.engine.spec.items import SCOPE
from cnnspec.pytorch.build.modules import Chain, Dataflow, ManyInputs, Network, Program, Step, TwoInputs

# Modules of the user's own layers: made, and held against what their layer said of them.


def make(node: Node, construct: Callable[[Call], nn.Module]) -> nn.Module:
    """The module of a plugin's layer, by its call. Raises PluginFault where it cannot be made, or has other tensors."""
    place = origin(type(node.layer))
    assert place is not None
    call = node.layer.call(node.input_shapes[0])
    said = f"the module of `{node.type}` of {place.words}, {call.target},"
    try:
        module = construct(call)
    except Exception as error:
        raise fault(f"{said} cannot be made", error, "") from error
    stated = {name: tensor.shape for name, tensor in node.tensors.items()}
    made = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    if made != stated:
        raise PluginFault(f"{said} has {_shown(made)}, and its `tensors` says {_shown(stated)}", place.file)
    return module


def _shown(tensors: dict[str, tuple[int, ...]]) -> str:
    each = [f"{name} of {'×'.join(map(str, shape)) or 'one number'}" for name, shape in tensors.items()]
    return ", ".join(each[:6]) or "no tensors"


def module(graph: Graph, device: torch.device | str | None = None) -> nn.Module:
    """The network with the initial weights that the graph names, else PyTorch's own, on ``device``."""
    if device is None:
        return _built(graph)
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch's ways to say no to a device
        raise UsageError(f"there is no device `{device}` here: {str(error).splitlines()[0]}") from None
    with torch.device(device):
        return _built(graph)


def _built(graph: Graph) -> nn.Module:
    built = _root(graph)
    with torch.no_grad():
        for init in graph.init:
            _target(init.call.target)(built.get_parameter(init.parameter), **init.call.arguments)
    return built


def construct(call: Call) -> nn.Module:
    """The module that a call describes."""
    made = _target(call.target)(**call.arguments)
    assert isinstance(made, nn.Module)
    return made


def parameter(call: Call) -> nn.Parameter:
    """The parameter that a bare layer is, with the values that a call gives."""
    return nn.Parameter(_target(call.target)(**call.arguments))


@lru_cache(maxsize=256)
def _target(name: str) -> Any:
    place, _, attribute = name.rpartition(".")
    return getattr(import_module(place), attribute)


def _root(graph: Graph) -> nn.Module:
    scope = graph.root
    if not graph.aux and not graph.outputs and scope.is_chain:
        return _scope(scope, root=True)
    heads = {head.value: head.output for head in graph.aux}
    evaluation = program(scope, graph.output_values, training=False)
    training = program(scope, (*graph.output_values, *heads)) if heads else evaluation
    made = {1: Network, 2: TwoInputs}.get(len(graph.inputs), ManyInputs)
    return made(
        _title(scope, root=True), _children(scope), evaluation, training, tuple(graph.outputs), tuple(heads.values())
    )


def _children(scope: Scope) -> dict[str, nn.Module | nn.Parameter]:
    """The modules and parameters of a scope by name; one that runs several times is there once."""
    first = {child.name: child for child in reversed(scope.children)}
    return {name: _child(first[name]) for name in dict.fromkeys(child.name for child in scope.children)}


def _scope(scope: Scope, root: bool = False) -> nn.Module:
    children = _children(scope)
    if not scope.is_chain:
        return Dataflow(_title(scope, root), children, program(scope, (scope.output,)))
    modules = OrderedDict((name, child) for name, child in children.items() if isinstance(child, nn.Module))
    if scope.type == SCOPE:
        return nn.Sequential(modules)
    chain = Chain(modules)
    chain._title = _title(scope, root)  # noqa: SLF001 - a class of ours
    return chain


def _title(scope: Scope, root: bool) -> str:
    return scope.type.rpartition("/")[2].rpartition(":")[2] if root else scope.type


def _child(child: Node | Scope) -> nn.Module | nn.Parameter:
    if isinstance(child, Node) and child.layer.is_parameter:
        return parameter(child.layer.call(child.input_shapes[0]))
    return _module(child)


def _module(child: Node | Scope) -> nn.Module:
    if isinstance(child, Scope):
        return _scope(child)
    if origin(type(child.layer)) is not None:
        return make(child, construct)
    return construct(child.layer.call(child.input_shapes[0]))


def program(scope: Scope, outputs: tuple[int, ...], *, training: bool = True) -> Program:
    """Steps over registers, and the registers of the outputs; a register is used again once its tensor is done with.

    A child's output goes to the lowest register that is free by then, those of its own last-used inputs included.
    Without ``training`` aux heads are left out.
    """
    children = [child for child in scope.children if training or not _is_aux(child)]
    last_use = {value: step for step, child in enumerate(children) for value in child.inputs}
    last_use |= dict.fromkeys(outputs, len(children))
    register = {value: i for i, value in enumerate(scope.inputs)}
    steps: list[Step] = []
    for number, child in enumerate(children):
        read = tuple(register[value] for value in child.inputs)
        done = [value for value in register if last_use.get(value, -1) <= number]
        freed = sorted(register.pop(value) for value in done)
        value = child.output if isinstance(child, Scope) else child.index
        target = _lowest_free(register) if last_use.get(value, -1) > number else None
        if target is not None:
            register[value] = target
        steps.append(Step(child.name, read, target, tuple(r for r in freed if r != target)))
    return Program(tuple(steps), tuple(register[value] for value in outputs))


def _is_aux(child: Node | Scope) -> bool:
    return (child if isinstance(child, Node) else next(child.leaves())).aux


def _lowest_free(register: dict[int, int]) -> int:
    used = set(register.values())
    return next(i for i in range(len(used) + 1) if i not in used)
