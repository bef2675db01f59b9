"""Modules of the user's own layers: made, and held against what their layer said of them."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from cnnspec.layers import Call
from cnnspec.network import Node
from cnnspec.plugins import PluginFault, origin
from cnnspec.plugins.fault import fault


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
