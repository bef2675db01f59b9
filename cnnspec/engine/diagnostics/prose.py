"""A diagnostic in words alone, for places that show the source themselves."""

from __future__ import annotations

from cnnspec.engine.diagnostics.diagnostic import Diagnostic
from cnnspec.engine.diagnostics.escape import printable
from cnnspec.engine.diagnostics.render import provenance


def prose(diagnostic: Diagnostic) -> str:
    """The message, what the primary label says, how the line was reached, the notes and the help: a line each."""
    path = provenance(diagnostic)
    lines = [
        diagnostic.message,
        diagnostic.primary.text,
        f"in: {path}" if path else "",
        *(f"note: {note}" for note in diagnostic.notes),
        f"help: {diagnostic.help}" if diagnostic.help else "",
    ]
    return "\n".join(printable(line) for line in lines if line)
