"""Diagnostics of the engine, for the protocol."""

from __future__ import annotations

from typing import Any

from cnnspec.engine.diagnostics import Diagnostic, Source, Span, printable_lines
from cnnspec.lsp.documents import uri_of
from cnnspec.lsp.positions import Json, to_range

SEVERITY = {"error": 1, "warning": 2}
UNNECESSARY = 1
NAME = "cnnspec"


def as_client(diagnostic: Diagnostic, source: Source, uri: str) -> Json:
    """A diagnostic of an open text; one of a text that it extends is shown where that is named."""
    own = diagnostic.span.source is source
    found: dict[str, Any] = {
        "range": to_range(diagnostic.span if own else _naming(source)),
        "severity": SEVERITY[diagnostic.severity],
        "code": diagnostic.code,
        "source": NAME,
        "message": printable_lines(message(diagnostic)),
        "relatedInformation": [
            {"location": {"uri": place, "range": to_range(span)}, "message": printable_lines(text)}
            for span, text, place in _related(diagnostic, source, uri, own=own)
        ],
    }
    if diagnostic.code.startswith("unused-") or diagnostic.code == "unreachable-line":
        found["tags"] = [UNNECESSARY]
    return found


def message(diagnostic: Diagnostic) -> str:
    """The message with its label, notes and help, each on a line."""
    label = f" ({diagnostic.primary.text})" if diagnostic.primary.text else ""
    notes = [f"note: {note}" for note in diagnostic.notes]
    help = [f"help: {diagnostic.help}"] if diagnostic.help else []
    return "\n".join([f"{diagnostic.message}{label}", *notes, *help])


def _related(diagnostic: Diagnostic, source: Source, uri: str, *, own: bool) -> list[tuple[Span, str, str]]:
    """The places that the conflicting facts come from, and how the line was reached, where an editor can open them."""
    places = [(label.span, label.text) for label in diagnostic.labels]
    places += [(frame.span, frame.text) for frame in diagnostic.trace or () if frame.span]
    if not own:
        places.insert(0, (diagnostic.span, diagnostic.message))
    found = []
    for span, text in places:
        place = uri if span.source is source else uri_of(span.source.path) if span.source.path else None
        if place is not None:
            found.append((span, text or "here", place))
    return found


def _naming(source: Source) -> Span:
    """Where a text names what it extends: the line of that key."""
    for number, line in enumerate(source.lines, 1):
        if line.startswith("extends"):
            return source.span(number, 1, max(len(line.rstrip()), 1))
    return source.span()
