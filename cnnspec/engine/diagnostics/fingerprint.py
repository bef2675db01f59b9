"""What a diagnostic is recognised by in the next run, when lines have moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from cnnspec.engine.diagnostics.diagnostic import Diagnostic


def fingerprints(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """One for each: of the code, the file and the words of the line, counted where they come again."""
    seen: Counter[str] = Counter()
    found = []
    for d in diagnostics:
        what = "\0".join((d.code, d.span.source.name, d.span.source.line(d.span.line).strip()))
        found.append(sha256(f"{what}\0{seen[what]}".encode("utf-8", "surrogateescape")).hexdigest()[:32])
        seen[what] += 1
    return found
