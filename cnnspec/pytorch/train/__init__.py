"""Spec -> a run folder with weights and figures.

    Recipe ───┐
    Spec ─────┼─► train ──► RUN/
    data set ─┘   loop.epoch, loop.measure
                    ▲
    RUN/ ──► resume ┘

Each name is imported when it is first used: the command line asks which process it is without recipes, and reads
recipes without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnnspec.extras import requiring

if TYPE_CHECKING:
    from cnnspec.engine.recipe import Recipe
    from cnnspec.pytorch.train.signals import Stop, Stopped
    from cnnspec.pytorch.train.training import Result, resume, train
    from cnnspec.pytorch.train.watch import Figures, Metrics, Progress, Watcher

PLACES = {
    "Figures": "cnnspec.pytorch.train.watch",
    "Metrics": "cnnspec.pytorch.train.watch",
    "Progress": "cnnspec.pytorch.train.watch",
    "Recipe": "cnnspec.engine.recipe",
    "Result": "cnnspec.pytorch.train.training",
    "Stop": "cnnspec.pytorch.train.signals",
    "Stopped": "cnnspec.pytorch.train.signals",
    "Watcher": "cnnspec.pytorch.train.watch",
    "resume": "cnnspec.pytorch.train.training",
    "train": "cnnspec.pytorch.train.training",
}

__all__ = [
    "Figures",
    "Metrics",
    "Progress",
    "Recipe",
    "Result",
    "Stop",
    "Stopped",
    "Watcher",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with requiring("train", "training"):
        return getattr(import_module(PLACES[name]), name)
