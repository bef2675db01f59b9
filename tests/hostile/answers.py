"""``python -m tests.hostile.answers FILE…``: what is said of each text, a line of JSON each, by one process."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cnnspec.engine.checking import examine
from cnnspec.engine.diagnostics import Diagnostic, SpecError, render
from cnnspec.engine.spec.shipped import decode


@dataclass(frozen=True)
class Answer:
    """Codes and places (line:column) of the errors of a text, the steps of work it took, the characters to print."""

    found: Sequence[Sequence[str]]
    steps: int
    printed: int


def answered(data: bytes) -> Answer:
    """What a text is answered."""
    errors, steps = found_in(data)
    found = [(d.code, f"{d.span.line}:{d.span.column}") for d in errors]
    return Answer(found, steps, sum(len(render(diagnostic).plain) for diagnostic in errors))


def found_in(data: bytes) -> tuple[tuple[Diagnostic, ...], int]:
    """The errors of a text, and the steps of work that they took to find."""
    try:
        examined = examine(decode("t.yaml", data))
    except SpecError as error:
        return error.diagnostics, 0
    return examined.errors, examined.steps


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(json.dumps(asdict(answered(Path(path).read_bytes()))))
