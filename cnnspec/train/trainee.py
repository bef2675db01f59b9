"""All that changes while a network trains, in one place: what a checkpoint holds, and goes on from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from cnnspec.diagnostics import CheckpointError
from cnnspec.train.checkpoint import State
from cnnspec.train.checkpoint.generators import generator_state, restore_generators
from cnnspec.train.checkpoint.modules import module_state, restore_module
from cnnspec.train.checkpoint.optimizers import optimizer_state, restore_optimizer
from cnnspec.train.checkpoint.state import grouped
from cnnspec.train.tally import Tally
from cnnspec.train.watch import Metrics


@dataclass(slots=True, eq=False)
class Trainee:
    """A model on its way: in the middle of ``epoch``, of which ``tally`` knows the steps that are done.

    ``rows`` are the epochs that are over, ``best`` the lowest loss among them, on the validation part if there is one.
    """

    model: nn.Module
    optimizer: Optimizer
    device: torch.device
    epoch: int = 1
    tally: Tally = field(default_factory=Tally)
    rows: list[Metrics] = field(default_factory=list)
    best: float = inf

    def close(self, row: Metrics) -> bool:
        """The epoch is over; returns whether it was the best so far."""
        loss = row.train_loss if row.val_loss is None else row.val_loss
        better, self.best = loss < self.best, min(loss, self.best)
        self.rows.append(row)
        self.epoch, self.tally = self.epoch + 1, Tally()
        return better

    def state(self) -> State:
        optimizer, settings = optimizer_state(self.optimizer, self.model)
        generators, random = generator_state(self.device)
        tensors = {
            **grouped("model", module_state(self.model)),
            **grouped("optimizer", optimizer),
            **grouped("generator", generators),
        }
        values = {
            "epoch": self.epoch,
            "tally": self.tally.state(),
            "rows": [asdict(row) for row in self.rows],
            "best": self.best,
            "optimizer": settings,
            "random": random,
        }
        return State(tensors, values)

    def restore(self, state: State) -> None:
        """Go on from a state. Raises CheckpointError where it is not one of this network and optimizer."""
        try:
            self._restore(state, dict(state.values))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
            raise CheckpointError(f"the checkpoint does not fit the run: {error!r}") from None

    def _restore(self, state: State, values: dict[str, Any]) -> None:
        restore_module(self.model, state.group("model"))
        restore_optimizer(self.optimizer, self.model, state.group("optimizer"), values["optimizer"])
        self.epoch, self.best = int(values["epoch"]), float(values["best"])
        self.rows = [Metrics(**row) for row in values["rows"]]
        self.tally = Tally.of(values["tally"])
        restore_generators(self.device, state.group("generator"), values["random"])
