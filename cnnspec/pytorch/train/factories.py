"""A recipe's operations -> torch's objects: the calls that the declarations hold, with what comes of the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.recipe.losses import Loss
from cnnspec.engine.recipe.model import Recipe
from cnnspec.engine.recipe.operation import Operation
from cnnspec.engine.recipe.optimizers import Optimizer as Declared


def made_loss(declared: Loss, device: torch.device) -> nn.Module:
    """The loss of logits and classes; its weights, one a class, are on the device."""
    arguments = declared.arguments()
    if "weight" in arguments:
        arguments["weight"] = torch.tensor(arguments["weight"], dtype=torch.float32, device=device)
    loss: nn.Module = _class_of(torch.nn, declared)(**arguments)
    return loss


def mean_loss(loss: nn.Module, logits: Tensor, targets: Tensor) -> Tensor:
    """The loss of a batch; that of none is 0, with a way back to every weight."""
    found: Tensor = loss(logits, targets) if len(targets) else logits.sum() * 0
    return found


def masses(loss: nn.Module, labels: Tensor, parts: Sequence[Tensor], *, mixed: bool = False) -> list[float]:
    """What the mean loss of each part divides by: its images, or what their classes weigh; waits for the device once.

    torch divides by the weights where a class stands for each image, and by the images where shares of classes do.
    """
    weight = getattr(loss, "weight", None)
    if not parts or weight is None or mixed or isinstance(loss, nn.MultiMarginLoss):
        return [float(len(part)) for part in parts]
    found: list[float] = torch.stack([weight[labels[part]].double().sum() for part in parts]).tolist()
    return found


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
    """The scheduler of an optimizer that makes so many ``steps`` an epoch; None where the recipe has none.

    Raises UsageError where torch cannot make it of the run's number of steps.
    """
    if recipe.scheduler is None:
        return None
    arguments = recipe.scheduler.arguments()
    length = recipe.epochs * (steps if recipe.per == "step" else 1)
    match type(recipe.scheduler).__name__:
        case "CosineAnnealingLR":
            arguments.setdefault("T_max", length)
        case "OneCycleLR":
            arguments.setdefault("max_lr", recipe.optimizer.lr)
            arguments["total_steps"] = length
    try:
        scheduler: LRScheduler = _class_of(torch.optim.lr_scheduler, recipe.scheduler)(optimizer, **arguments)
    except ZeroDivisionError:  # torch divides by the length of the first phase
        unit = recipe.per if length == 1 else f"{recipe.per}s"
        message = f"`OneCycleLR` cannot begin: `pct_start` times {length:,} {unit} is 1, a first phase of no length"
        raise UsageError(message, "change `pct_start` or `epochs`") from None
    return scheduler


def _class_of(module: Any, declared: Operation) -> Any:
    return getattr(module, type(declared).__name__)
