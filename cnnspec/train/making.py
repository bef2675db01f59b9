"""A recipe's operations -> torch's objects: the calls that the declarations hold, with what comes of the run."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from cnnspec.recipe.losses import Loss
from cnnspec.recipe.model import Recipe
from cnnspec.recipe.operation import Operation
from cnnspec.recipe.optimizers import Optimizer as Declared


def made_loss(declared: Loss, device: torch.device) -> nn.Module:
    """The loss of logits and classes; its weights, one a class, are on the device."""
    arguments = declared.arguments()
    if "weight" in arguments:
        arguments["weight"] = torch.tensor(arguments["weight"], dtype=torch.float32, device=device)
    loss: nn.Module = _class_of(torch.nn, declared)(**arguments)
    return loss


def made_optimizer(declared: Declared, model: nn.Module, *, scaled: bool = False) -> Optimizer:
    """The optimizer of all parameters, in one kernel for all tensors where torch has it.

    Not where the loss is ``scaled``: a first step that is left out would leave SGD's momentum unset, and read later.
    """
    arguments = declared.arguments()
    if (
        not scaled
        and declared.fuses
        and all(parameter.device.type in ("cpu", "cuda") for parameter in model.parameters())
    ):
        arguments["fused"] = True
    optimizer: Optimizer = _class_of(torch.optim, declared)(model.parameters(), **arguments)
    return optimizer


def made_scheduler(recipe: Recipe, optimizer: Optimizer, steps: int) -> LRScheduler | None:
    """The scheduler of an optimizer that makes so many ``steps`` an epoch; None where the recipe has none."""
    if recipe.scheduler is None:
        return None
    arguments = recipe.scheduler.arguments()
    length = recipe.epochs * (steps if recipe.per == "step" else 1)
    match type(recipe.scheduler).__name__:
        case "CosineAnnealingLR":
            arguments.setdefault("T_max", length)
        case "OneCycleLR":
            arguments.setdefault("max_lr", recipe.optimizer.lr)
            arguments["total_steps"] = length + 1  # it counts the rate before the first step, too
    scheduler: LRScheduler = _class_of(torch.optim.lr_scheduler, recipe.scheduler)(optimizer, **arguments)
    return scheduler


def _class_of(module: Any, declared: Operation) -> Any:
    return getattr(module, type(declared).__name__)
