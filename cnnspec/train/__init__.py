"""Spec -> a run folder with weights and figures.

    Recipe ───┐
    Spec ─────┼─► train ──► RUN/
    data set ─┘   loop.epoch, loop.measure
                    ▲
    RUN/ ──► resume ┘

Torch is imported when a name that needs it is first used: the command line reads recipes without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnnspec.recipe import Recipe
from cnnspec.train.signals import Stop, Stopped
from cnnspec.train.watch import Figures, Metrics, Progress, Watcher

if TYPE_CHECKING:
    from cnnspec.train.training import Result, resume, train

WITH_TORCH = {
    "Result": "training",
    "resume": "training",
    "train": "training",
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
    if name not in WITH_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{WITH_TORCH[name]}"), name)
