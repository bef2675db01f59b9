"""Diagnostics as ``check --format json`` prints them: one flat record each."""

from __future__ import annotations

from collections.abc import Iterable

from cnnspec.engine.diagnostics.diagnostic import Diagnostic, Frame, Label, Repair
from cnnspec.engine.diagnostics.source import Span

Record = dict[str, object]


def as_json(diagnostics: Iterable[Diagnostic]) -> list[Record]:
    """One record a diagnostic. Lines and columns count characters from 1; the end is exclusive."""
    return [_record(diagnostic) for diagnostic in diagnostics]


def _record(d: Diagnostic) -> Record:
    return {
        "code": d.code,
        "severity": d.severity,
        "message": d.message,
        **place(d.span),
        "help": d.help or None,
        "label": d.primary.text or None,
        "labels": [_label(label) for label in d.labels],
        "notes": list(d.notes),
        "trace": [_frame(frame) for frame in d.trace or ()],
        "fixes": [_fix(repair) for repair in d.repairs],
    }


def place(span: Span) -> Record:
    """A span by its file, lines and columns."""
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _label(label: Label) -> Record:
    return {**place(label.span), "text": label.text}


def _frame(frame: Frame) -> Record:
    """One step of how the line was reached, the innermost first; a variant stands at no place."""
    return {**(place(frame.span) if frame.span else {}), "text": frame.text}


def _fix(repair: Repair) -> Record:
    """A repair that was tried and works: each edit replaces the text of its span."""
    edits = [{**place(edit.span), "text": edit.text} for edit in repair.edits]
    return {"words": repair.words, "safe": repair.safe, "edits": edits}
