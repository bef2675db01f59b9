"""Early stopping: the end of training once it has become no better for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.engine.recipe.model import EarlyStopping
from cnnspec.pytorch.train.checkpoint.moving import count, is_number
from cnnspec.pytorch.train.watch import Metrics

MOST_WAITED = 2**31  # epochs


class Stopping:
    """Counts the epochs that were not better than the ``best``; without a rule it never stops."""

    def __init__(self, rule: EarlyStopping | None) -> None:
        self.rule = rule
        self.best: float | None = None
        self.waited = 0

    def after_epoch(self, row: Metrics) -> None:
        """Look at what an epoch gave."""
        value = self._value(row)
        if value is None:
            return
        margin = self.rule.min_delta if self.rule else 0.0
        if self.best is None or value < self.best - margin:
            self.best, self.waited = value, 0
        else:
            self.waited += 1

    @property
    def is_over(self) -> bool:
        """Whether training is to end."""
        return self.rule is not None and self.waited > 0 and self.waited >= self.rule.patience

    def _value(self, row: Metrics) -> float | None:
        """What is watched; the smaller, the better."""
        if self.rule is None:
            return None
        accuracy = None if row.val_accuracy is None else -row.val_accuracy
        return accuracy if self.rule.monitor == "val_accuracy" else row.val_loss

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: Mapping[str, Any]) -> None:
        best = state["best"]
        if best is not None and not is_number(best):
            raise CheckpointError("the checkpoint's early stopping has a best that is no number")
        self.best, self.waited = best, count("early stopping", state["waited"], 0, MOST_WAITED)
