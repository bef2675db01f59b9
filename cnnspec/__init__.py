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

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    from cnnspec.engine.spec import Spec

__version__ = "0.1.0"

__all__ = [
    "CheckpointError",
    "CnnspecError",
    "DataError",
    "Diagnostic",
    "DivergedError",
    "Graph",
    "OutputError",
    "Spec",
    "SpecError",
    "UsageError",
    "build",
    "check",
    "export",
    "from_dict",
    "graph",
    "load",
    "loads",
    "plugin",
]

PLACES = {
    **dict.fromkeys(("build", "check", "export", "from_dict", "graph", "load", "loads", "plugin"), "cnnspec.api"),
    **dict.fromkeys((name for name in __all__ if name.endswith(("Error", "Diagnostic"))), "cnnspec.engine.diagnostics"),
    "Graph": "cnnspec.api.public_graph",
    "Spec": "cnnspec.engine.spec",
}


if not TYPE_CHECKING:  # to a type checker any name would be one of the module

    def __getattr__(name: str) -> Any:
        if name not in PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
