"""Spec -> a run folder with weights and figures.

    Settings ─┐
    Spec ─────┼─► train ──► RUN/
    data set ─┘   loop.epoch, loop.measure

Torch is imported when a name that needs it is first used: the command line reads Settings' defaults without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnnspec.train.settings import Settings
from cnnspec.train.watch import Figures, Metrics, Progress, Watcher

if TYPE_CHECKING:
    from cnnspec.train.training import Result, train

WITH_TORCH = {
    "Result": "training",
    "train": "training",
}

__all__ = [
    "Figures",
    "Metrics",
    "Progress",
    "Result",
    "Settings",
    "Watcher",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in WITH_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{WITH_TORCH[name]}"), name)
