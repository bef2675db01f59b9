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
    from cnnspec.recipe import Recipe
    from cnnspec.train.signals import Stop, Stopped
    from cnnspec.train.training import Result, resume, train
    from cnnspec.train.watch import Figures, Metrics, Progress, Watcher

PLACES = {
    "Figures": "cnnspec.train.watch",
    "Metrics": "cnnspec.train.watch",
    "Progress": "cnnspec.train.watch",
    "Recipe": "cnnspec.recipe",
    "Result": "cnnspec.train.training",
    "Stop": "cnnspec.train.signals",
    "Stopped": "cnnspec.train.signals",
    "Watcher": "cnnspec.train.watch",
    "resume": "cnnspec.train.training",
    "train": "cnnspec.train.training",
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
