"""What went wrong, where, and how to mend it.

    Source ── Span ── Label ──► Diagnostic ──► text, JSON, SARIF, GitHub, GitLab
                                    │
                                    └─ repairs: edits of the text, re-checked before they are offered

Nothing here knows of YAML, layers or shapes.
"""

from cnnspec.diagnostics.as_json import as_json
from cnnspec.diagnostics.diagnostic import Diagnostic, Edit, Frame, Label, Repair, Sink
from cnnspec.diagnostics.errors import (
    CheckpointError,
    CnnspecError,
    DataError,
    DivergedError,
    OccupiedError,
    OutputError,
    SpecError,
    UsageError,
)
from cnnspec.diagnostics.render import plain, render
from cnnspec.diagnostics.source import Source, Span
from cnnspec.diagnostics.words import a, count, did_you_mean, listing, nearest, printable, printable_json

__all__ = [
    "CheckpointError",
    "CnnspecError",
    "DataError",
    "Diagnostic",
    "DivergedError",
    "Edit",
    "Frame",
    "Label",
    "OccupiedError",
    "OutputError",
    "Repair",
    "Sink",
    "Source",
    "Span",
    "SpecError",
    "UsageError",
    "a",
    "as_json",
    "count",
    "did_you_mean",
    "listing",
    "nearest",
    "plain",
    "printable",
    "printable_json",
    "render",
]
