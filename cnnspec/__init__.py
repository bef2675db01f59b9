"""Convolutional networks as data: YAML specs, checked without torch, compiled into plain PyTorch modules.

    text ──► Node tree ──► Spec ──► Graph ──► nn.Module · table · JSON
             with spans    checked  shapes,      │
                                    costs        └─► train

>>> import cnnspec
>>> cnnspec.graph("mnist/lenet").params
61706
"""

from cnnspec.api import build, check, export, graph, load, plugin
from cnnspec.diagnostics import (
    CheckpointError,
    CnnspecError,
    DataError,
    Diagnostic,
    DivergedError,
    OutputError,
    SpecError,
    UsageError,
)
from cnnspec.network import Graph
from cnnspec.spec import Spec

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
    "graph",
    "load",
    "plugin",
]
