"""What went wrong, where, and how to mend it.

    Source ── Span ── Label ──► Diagnostic ──► text, JSON, SARIF, GitHub, GitLab
                                    │
                                    └─ repairs: edits of the text, re-checked before they are offered

Nothing here knows of YAML, layers or shapes.
"""

from cnnspec.engine.diagnostics.as_json import as_json
from cnnspec.engine.diagnostics.diagnostic import Diagnostic, Edit, Frame, Label, Repair, Sink
from cnnspec.engine.diagnostics.errors import (
    CheckpointError,
    CnnspecError,
    DataError,
    DivergedError,
    OccupiedError,
    OutputError,
    SpecError,
    UsageError,
)
from cnnspec.engine.diagnostics.escape import csv_cell, markdown_text, printable, printable_json, printable_lines
from cnnspec.engine.diagnostics.render import plain, render
from cnnspec.engine.diagnostics.source import Source, Span
from cnnspec.engine.diagnostics.words import a, choices, clip, count, did_you_mean, listing, nearest

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
    "choices",
    "clip",
    "count",
    "csv_cell",
    "did_you_mean",
    "listing",
    "markdown_text",
    "nearest",
    "plain",
    "printable",
    "printable_json",
    "printable_lines",
    "render",
]
