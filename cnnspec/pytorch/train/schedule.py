"""The learning rate while a network is trained: a scheduler's, times the factor of the warm-up.

step      0 ────────────► warm-up ends        the factor grows in a line from start_factor to 1
rate      scheduler's rate × factor           as if the scheduler knew nothing of it: milestones stay where they are
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from sys import maxsize
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR, ReduceLROnPlateau

from cnnspec.engine.recipe.model import Recipe
from cnnspec.pytorch.train.checkpoint.moving import count, require_moved
from cnnspec.pytorch.train.factories import made_scheduler

# what schedulers count, and the rate that they gave last; whatever else they hold follows from the recipe
MOVING = ("last_epoch", "_step_count", "_last_lr", "T_cur", "T_i", "best", "num_bad_epochs", "cooldown_counter")


class Schedule:
    """Moves the rates of an optimizer that makes so many ``steps`` an epoch; ``step`` counts those that are made."""

    def __init__(self, recipe: Recipe, optimizer: Optimizer, steps: int) -> None:
        self.optimizer = optimizer
        self.scheduler: LRScheduler | None = made_scheduler(recipe, optimizer, steps)
        self.last = self.scheduler.total_steps - 1 if isinstance(self.scheduler, OneCycleLR) else maxsize
        self.per = recipe.per
        self.steps = steps
        warmup = recipe.warmup
        self.warm_steps = 0 if warmup is None else warmup.steps or steps * (warmup.epochs or 0)
        self.start_factor = 1.0 if warmup is None else warmup.start_factor
        self.step = 0

    @property
    def factor(self) -> float:
        """What the warm-up makes of the rate of the step to come."""
        if self.step >= self.warm_steps:
            return 1.0
        return self.start_factor + (1 - self.start_factor) * self.step / self.warm_steps

    @contextmanager
    def warmed(self) -> Iterator[None]:
        """The optimizer with the rate of the step to come; its own rates are the scheduler's to move."""
        factor, rates = self.factor, [group["lr"] for group in self.optimizer.param_groups]
        if factor == 1.0:
            yield
            return
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        try:
            yield
        finally:
            for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
                group["lr"] = rate

    def after_step(self) -> None:
        """The optimizer has made a step."""
        self.step += 1
        if self.per == "step":
            self._move()

    def after_epoch(self, val_loss: float | None) -> None:
        """An epoch is over, with this loss on the validation part."""
        if isinstance(self.scheduler, ReduceLROnPlateau):
            assert val_loss is not None  # a recipe without a validation part was refused
            self.scheduler.step(val_loss)
        elif self.per == "epoch":
            self._move()

    def _move(self) -> None:
        """Set the rate of the next step; after the last step of a cycle there is none, and torch may divide by zero."""
        if self.scheduler is not None and self.scheduler.last_epoch < self.last:
            self.scheduler.step()

    def state(self) -> dict[str, Any]:
        """All that moves, as plain values."""
        return {"step": self.step, "scheduler": None if self.scheduler is None else self.scheduler.state_dict()}

    def restore(self, state: Mapping[str, Any], epochs: int, most: int) -> None:
        """Go on from a state after so many epochs and ``most`` steps; the rates themselves are the optimizer's.

        Raises CheckpointError where it is none of this schedule.
        """
        self.step = count("schedule", state["step"], 0, most)
        if self.scheduler is None:
            return
        saved = state["scheduler"]
        require_moved("schedule", saved, self.scheduler.state_dict(), MOVING)
        moved = min(self.step if self.per == "step" else epochs, self.last)
        count("schedule", saved["last_epoch"], moved, moved)
        if "T_i" in saved:
            count("schedule", saved["T_i"], 1, saved["T_i"])
        self.scheduler.load_state_dict(saved)
        if self.step:  # torch warns where the optimizer of this process has made no step yet
            self.optimizer._opt_called = True  # type: ignore[attr-defined]  # noqa: SLF001
