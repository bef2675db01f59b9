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

Runs = tuple[Scope, ...]  # a scope each time that it runs: more than once where it is shared
Value = tuple[int, ...]  # a value in each run

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
        return _scope((scope,), root=True)
    heads = {head.value: head.output for head in graph.aux}
    evaluation = program((scope,), tuple((value,) for value in graph.output_values), training=False)
    given = tuple((value,) for value in (*graph.output_values, *heads))
    training = program((scope,), given) if heads else evaluation
    made = {1: Network, 2: TwoInputs}.get(len(graph.inputs), ManyInputs)
    return made(
        _title(scope, root=True), _children((scope,)), evaluation, training, tuple(graph.outputs), tuple(heads.values())
    )


def _children(runs: Runs) -> dict[str, nn.Module | nn.Parameter]:
    """The modules and parameters of a scope by name; one that runs several times is there once."""
    found: dict[str, list[Node | Scope]] = {}
    for scope in runs:
        for child in scope.children:
            found.setdefault(child.name, []).append(child)
    return {name: _child(tuple(children)) for name, children in found.items()}


def _scope(runs: Runs, root: bool = False) -> nn.Module:
    """The module of a scope, by all its runs."""
    scope, children = runs[0], _children(runs)
    if not all(run.is_chain for run in runs):
        outputs = tuple(zip(*(run.values for run in runs), strict=True))
        return Dataflow(_title(scope, root), children, program(runs, outputs))
    modules = OrderedDict((name, child) for name, child in children.items() if isinstance(child, nn.Module))
    if scope.type == SCOPE:
        return nn.Sequential(modules)
    chain = Chain(modules)
    chain._title = _title(scope, root)  # noqa: SLF001 - a class of ours
    return chain


def _title(scope: Scope, root: bool) -> str:
    return scope.type.rpartition("/")[2].rpartition(":")[2] if root else scope.type


def _child(runs: tuple[Node | Scope, ...]) -> nn.Module | nn.Parameter:
    first = runs[0]
    if isinstance(first, Scope):
        return _scope(tuple(run for run in runs if isinstance(run, Scope)))
    if first.layer.is_parameter:
        return parameter(first.layer.call(first.input_shapes[0]))
    if origin(type(first.layer)) is not None:
        return make(first, construct)
    return construct(first.layer.call(first.input_shapes[0]))


def program(runs: Runs, outputs: tuple[Value, ...], *, training: bool = True) -> Program:
    """Steps over registers, and the registers of the outputs; a register is used again once its tensor is done with.

    A child's output goes to the lowest register that is free by then, those of its own last-used inputs included.
    A value is what stands at one place in each of the ``runs``: one run may give the same tensor for two inputs.
    Without ``training`` aux heads are left out.
    """
    children = [child for child in zip(*(run.children for run in runs), strict=True) if training or not _is_aux(child)]
    inputs = [_together(*(part.inputs for part in child)) for child in children]
    last_use = {value: step for step, values in enumerate(inputs) for value in values}
    last_use |= dict.fromkeys(outputs, len(children))
    register = {value: i for i, value in enumerate(_together(*(run.inputs for run in runs)))}
    steps: list[Step] = []
    for number, child in enumerate(children):
        read = tuple(register[value] for value in inputs[number])
        freed = sorted(register.pop(value) for value in list(register) if last_use.get(value, -1) <= number)
        write: list[int | None] = []
        for value in _together(*(part.values for part in child)):
            target = None
            if last_use.get(value, -1) > number and value not in register:
                target = register[value] = _lowest_free(register)
            write.append(target)
        steps.append(Step(child[0].name, read, tuple(write), tuple(r for r in freed if r not in write)))
    return Program(tuple(steps), tuple(register[value] for value in outputs))


def _together(*values: tuple[int, ...]) -> tuple[Value, ...]:
    return tuple(zip(*values, strict=True))


def _is_aux(child: tuple[Node | Scope, ...]) -> bool:
    first = child[0]
    return (first if isinstance(first, Node) else next(first.leaves())).aux


def _lowest_free(register: dict[Value, int]) -> int:
    used = set(register.values())
    return next(i for i in range(len(used) + 1) if i not in used)
