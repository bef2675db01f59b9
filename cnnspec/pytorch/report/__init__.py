"""Runs and sweeps, shown: a page, a text and pictures.

    SWEEP/ ──swept─────┐
                       ├─► Study ──document──► Document ──┬─► report.html   one file, nothing else needed
    RUN/… ──compared───┘   settings, trials   sections    └─► report.md, *.png, *.svg

Validation chooses, and the test set is shown for what was measured on it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.pytorch.report.contents import document
    from cnnspec.pytorch.report.from_runs import compare
    from cnnspec.pytorch.report.from_sweep import swept
    from cnnspec.pytorch.report.study import Study
    from cnnspec.pytorch.report.write import write_report

PLACES = {
    "Study": "study",
    "compare": "from_runs",
    "document": "contents",
    "swept": "from_sweep",
    "write_report": "write",
}

__all__ = ["Study", "compare", "document", "swept", "write_report"]


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
