"""Standard input as the text of a spec: `-` in place of a name."""

from __future__ import annotations

import sys

from cnnspec.engine.diagnostics import OutputError, Source
from cnnspec.engine.spec.shipped import MAX_BYTES, decode

STDIN_NAME = "<stdin>"  # what messages call it


def standard_input(name: str = STDIN_NAME) -> Source:
    """Return the text on standard input; one that is too long is refused, as of a file. Raises OutputError."""
    if sys.stdin is None:
        raise OutputError("standard input is closed")
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise OutputError(f"standard input cannot be read: {error.strerror or error}") from None
    return decode(name, data) if len(data) <= MAX_BYTES else Source(name, " " * (MAX_BYTES + 1))
