"""Reports that compare runs or the points of a sweep, as HTML, Markdown and pictures.

    SWEEP/ ──study_of_sweep─┐
                            ├─► Study ──document──► Document ──┬─► report.html   self-contained
    RUN/… ──compare─────────┘   settings, trials   sections    └─► report.md, *.png, *.svg

The validation part ranks the settings. Test figures appear only for settings that were measured on the test set.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.pytorch.report.contents import document
    from cnnspec.pytorch.report.from_runs import compare
    from cnnspec.pytorch.report.from_sweep import study_of_sweep
    from cnnspec.pytorch.report.study import Study
    from cnnspec.pytorch.report.write import write_report

MODULES = {
    "Study": "study",
    "compare": "from_runs",
    "document": "contents",
    "study_of_sweep": "from_sweep",
    "write_report": "write",
}

__all__ = ["Study", "compare", "document", "study_of_sweep", "write_report"]


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
