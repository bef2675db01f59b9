"""A run, looked at: what it gets right, what it makes of an image, what its layers see.

    RUN/ ──open_run──► OpenedRun ──► evaluate          figures for each class, confusion, worst mistakes
                          │
             image ───────┴─────► predict           classes with their probabilities
                                  features          the maps that a layer gives

Torch is imported when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.pytorch.evaluate.evaluation import Evaluation, evaluate
    from cnnspec.pytorch.evaluate.feature_maps import Features, features
    from cnnspec.pytorch.evaluate.prediction import Prediction, predict
    from cnnspec.pytorch.evaluate.run import OpenedRun, open_run

PLACES = {
    "Evaluation": "evaluation",
    "Features": "feature_maps",
    "OpenedRun": "run",
    "Prediction": "prediction",
    "evaluate": "evaluation",
    "features": "feature_maps",
    "open_run": "run",
    "predict": "prediction",
}

__all__ = ["Evaluation", "Features", "OpenedRun", "Prediction", "evaluate", "features", "open_run", "predict"]


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
