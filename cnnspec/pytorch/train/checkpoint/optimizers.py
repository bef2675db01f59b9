"""An optimizer's own tensors and settings, by the names of the parameters that they belong to.

    optimizer.state[parameter][slot]  ──►  tensor "<slot>.<parameter's name>", or a value
    optimizer.param_groups            ──►  values, with names in place of parameters

What an optimizer keeps is asked of the optimizer: a copy of it takes one step, and what it then holds is what a
checkpoint may hold. Kernels that read a tensor of another size than they think never see one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.pytorch.train.checkpoint.modules import require_equal
from cnnspec.pytorch.train.checkpoint.moving import require_moved

HERE = ("fused", "foreach", "capturable")  # how it is computed follows from the device, not from the run
MOVED = ("lr", "momentum", "betas")  # by schedules


def optimizer_state(optimizer: Optimizer, model: nn.Module) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimizer of a model's parameters, as tensors by name and values."""
    names = _names(model)
    tensors: dict[str, Tensor] = {}
    others: dict[str, dict[str, Any]] = {}
    for parameter, slots in optimizer.state.items():
        for slot, value in slots.items():
            if isinstance(value, Tensor):
                tensors[f"{slot}.{names[id(parameter)]}"] = value.detach()
            else:
                others.setdefault(names[id(parameter)], {})[slot] = value
    kind = type(optimizer).__name__
    return tensors, {"type": kind, "groups": _groups(optimizer, names), "others": others}


def restore_optimizer(
    optimizer: Optimizer, model: nn.Module, tensors: Mapping[str, Tensor], values: Mapping[str, Any]
) -> None:
    """Put a saved state into an optimizer of the same kind over the same parameters. Raises CheckpointError."""
    names = _names(model)
    if values["type"] != type(optimizer).__name__:
        raise CheckpointError(f"the checkpoint is of {values['type']}, and the run uses {type(optimizer).__name__}")
    _require_alike(values["groups"], _groups(optimizer, names))
    kept = kept_by(optimizer, names)
    require_equal("the optimizer", tensors, {name: kept[name] for name in kept if _is_there(name, tensors)})
    optimizer.load_state_dict(_state_dict(optimizer, names, tensors, values))


def _require_alike(saved: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]]) -> None:
    """The same parameters in the same groups, with settings of the same names and types."""
    if [group["params"] for group in saved] != [group["params"] for group in own]:
        raise CheckpointError("the checkpoint's optimizer has other parameters, or has them in other groups")
    for ours, theirs in zip(own, saved, strict=True):
        own_settings, saved_settings = ({k: v for k, v in each.items() if k not in HERE} for each in (ours, theirs))
        require_moved("optimizer", saved_settings, own_settings, MOVED)


def kept_by(optimizer: Optimizer, names: Mapping[int, str]) -> dict[str, Tensor]:
    """What an optimizer keeps once it has taken a step, by name: tensors of its shapes and types."""
    order = [names[id(p)] for group in optimizer.param_groups for p in group["params"]]
    probe = deepcopy(optimizer)
    parameters = [p for group in probe.param_groups for p in group["params"]]
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    probe.step()
    return {
        f"{slot}.{name}": value
        for name, parameter in zip(order, parameters, strict=True)
        for slot, value in probe.state[parameter].items()
        if isinstance(value, Tensor)
    }


def _is_there(name: str, tensors: Mapping[str, Tensor]) -> bool:
    """Whether a tensor is to be there: that of a parameter which has had no gradient yet is not."""
    parameter = name.partition(".")[2]
    return any(key.partition(".")[2] == parameter for key in tensors)


def _state_dict(
    optimizer: Optimizer, names: Mapping[int, str], tensors: Mapping[str, Tensor], values: Mapping[str, Any]
) -> dict[str, Any]:
    """The saved state in the form that torch loads."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    number = {names[id(p)]: index for index, p in enumerate(parameters)}
    state: dict[int, dict[str, Any]] = {number[name]: dict(slots) for name, slots in values["others"].items()}
    for key, tensor in tensors.items():
        slot, _, name = key.partition(".")
        state.setdefault(number[name], {})[slot] = _like(tensor, parameters[number[name]])
    groups = [
        {**saved, **{key: own[key] for key in HERE if key in own}, "params": [number[name] for name in saved["params"]]}
        for saved, own in zip(values["groups"], optimizer.param_groups, strict=True)
    ]
    return {"state": state, "param_groups": groups}


def _like(tensor: Tensor, parameter: Tensor) -> Tensor:
    """The tensor in the memory order of its parameter: kernels take both for one order."""
    if tensor.shape != parameter.shape:
        return tensor
    return torch.empty_like(parameter, dtype=tensor.dtype, requires_grad=False).copy_(tensor)


def _groups(optimizer: Optimizer, names: Mapping[int, str]) -> list[dict[str, Any]]:
    return [{**group, "params": [names[id(p)] for p in group["params"]]} for group in optimizer.param_groups]


def _names(model: nn.Module) -> dict[int, str]:
    return {id(parameter): name for name, parameter in model.named_parameters()}
