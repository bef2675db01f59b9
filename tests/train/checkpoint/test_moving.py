"""Of a checkpoint's values only those that move may differ from the run's own, and they are numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from cnnspec import CheckpointError
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.train.checkpoint.state import State
from cnnspec.pytorch.train.train_state import TrainState
from cnnspec.pytorch.train.watch import Metrics

GIVEN = {"optimizer": {"SGD": {"momentum": 0.9}}, "amp": "fp16", "early_stopping": {"patience": 3}}
ROW = Metrics(1, 1.0, 0.5, 1.0, 0.5, 100.0, 1.0)
HUGE = 2**64


def train_state(scheduler: dict[str, Any]) -> TrainState:
    """One that has an epoch of two steps behind it."""
    recipe = Recipe.of(**GIVEN, scheduler=scheduler, epochs=3, batch_size=4)
    found = TrainState.of(recipe, nn.Sequential(nn.Flatten(), nn.Linear(2, 3)), 8, 3)
    for _ in range(2):
        found.optimizer.step()
        found.schedule.after_step()
    found.close(ROW)
    return found


def changed(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The values with another one at a path."""
    first, _, rest = path.partition("/")
    key: Any = int(first) if isinstance(values, list) else first
    copy: Any = list(values) if isinstance(values, list) else dict(values)
    copy[key] = changed(copy[key], rest, value) if rest else value
    return copy


CYCLE, RESTARTS = {"OneCycleLR": {}}, {"CosineAnnealingWarmRestarts": {"T_0": 2}}
PLATEAU = {"ReduceLROnPlateau": {}}


@pytest.mark.parametrize(
    ("scheduler", "path", "value"),
    [
        (CYCLE, "schedule/scheduler/total_steps", 1),
        (CYCLE, "schedule/scheduler/last_epoch", 7),
        (CYCLE, "schedule/scheduler/step", 1),
        (CYCLE, "schedule/scheduler/_last_lr", [{}]),
        (CYCLE, "schedule/step", HUGE),
        (CYCLE, "schedule/step", 5),
        (RESTARTS, "schedule/scheduler/T_mult", {}),
        (RESTARTS, "schedule/scheduler/T_i", 0),
        (RESTARTS, "schedule/scheduler/T_cur", HUGE),
        (PLATEAU, "schedule/scheduler/best", "low"),
        (PLATEAU, "schedule/scheduler/patience", -1),
        (PLATEAU, "optimizer/groups/0/lr", float("nan")),
        (PLATEAU, "optimizer/groups/0/dampening", 9.0),
        (PLATEAU, "scaler/scale", {}),
        (PLATEAU, "scaler/growth_interval", 0),
        (PLATEAU, "stopping/best", {}),
        (PLATEAU, "stopping/waited", HUGE),
        (PLATEAU, "epoch", -1),
        (PLATEAU, "epoch", 9),
        (PLATEAU, "epoch", float("-inf")),
        (PLATEAU, "best", "low"),
        (PLATEAU, "tally/images", -1),
        (PLATEAU, "tally/loss", float("nan")),
        (PLATEAU, "tally/weight", float("inf")),
        (PLATEAU, "tally/weight", -1.0),
        (PLATEAU, "rows/0/val_loss", float("nan")),
        (PLATEAU, "rows", []),
    ],
)
def test_what_no_run_comes_to_is_refused(scheduler: dict[str, Any], path: str, value: Any) -> None:
    """Before anything counts with it; what the run itself has saved is taken."""
    state, again = train_state(scheduler).state(), train_state(scheduler)
    again.restore(state)
    assert again.state().values["schedule"] == state.values["schedule"]
    with pytest.raises(CheckpointError, match="the checkpoint"):
        again.restore(State(state.tensors, changed(dict(state.values), path, value)))
    torch.set_rng_state(state.tensors["generator.cpu"])
