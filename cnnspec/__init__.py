"""Convolutional networks as data: YAML specs, checked without torch, compiled into plain PyTorch modules.

    text ──► Node tree ──► Spec ──► Graph ──► nn.Module · table · JSON
             with spans    checked  shapes,      │
                                    costs        └─► train

>>> import cnnspec
>>> cnnspec.graph("mnist/lenet").params
61706

Each name is imported when it is first used: the command line starts with what its command needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cnnspec.version import __version__ as __version__

if TYPE_CHECKING:
    from cnnspec.api import build, check, export, from_dict, graph, load, loads, plugin
    from cnnspec.api.public_graph import Graph
    from cnnspec.engine.diagnostics import (
        CheckpointError,
        CnnspecError,
        DataError,
        Diagnostic,
        DivergedError,
        OutputError,
        SpecError,
        UsageError,
    )
    from cnnspec.engine.recipe import Recipe
    from cnnspec.engine.spec import Spec
    from cnnspec.pytorch.data.batches import batches
    from cnnspec.pytorch.data.load import load_data
    from cnnspec.pytorch.evaluate import evaluate
    from cnnspec.pytorch.importing import import_module
    from cnnspec.pytorch.report import compare
    from cnnspec.pytorch.train import resume, train


__all__ = [
    "CheckpointError",
    "CnnspecError",
    "DataError",
    "Diagnostic",
    "DivergedError",
    "Graph",
    "OutputError",
    "Recipe",
    "Spec",
    "SpecError",
    "UsageError",
    "batches",
    "build",
    "check",
    "compare",
    "evaluate",
    "export",
    "from_dict",
    "graph",
    "import_module",
    "load",
    "load_data",
    "loads",
    "plugin",
    "resume",
    "train",
]

PLACES = {
    **dict.fromkeys(("build", "check", "export", "from_dict", "graph", "load", "loads", "plugin"), "cnnspec.api"),
    **dict.fromkeys((name for name in __all__ if name.endswith(("Error", "Diagnostic"))), "cnnspec.engine.diagnostics"),
    "Graph": "cnnspec.api.public_graph",
    "Recipe": "cnnspec.engine.recipe",
    "Spec": "cnnspec.engine.spec",
    "batches": "cnnspec.pytorch.data.batches",
    "compare": "cnnspec.pytorch.report",
    "evaluate": "cnnspec.pytorch.evaluate",
    "import_module": "cnnspec.pytorch.importing",
    "load_data": "cnnspec.pytorch.data.load",
    "resume": "cnnspec.pytorch.train",
    "train": "cnnspec.pytorch.train",
}
EXTRAS = {"batches": "torch", "import_module": "torch", "load_data": "torch"}  # any other name needs `train`


if not TYPE_CHECKING:  # to a type checker any name would be one of the module

    def __getattr__(name: str) -> Any:
        if name not in PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if not PLACES[name].startswith("cnnspec.pytorch"):
            return getattr(importlib.import_module(PLACES[name]), name)
        from cnnspec.extras import requiring

        with requiring(EXTRAS.get(name, "train"), f"`cnnspec.{name}`"):
            return getattr(importlib.import_module(PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
