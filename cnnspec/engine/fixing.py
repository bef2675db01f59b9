"""Safe repairs, made in the text: those of warnings, and of characters that look like others. Layout stays."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from cnnspec.engine.checking import apply, check_source
from cnnspec.engine.diagnostics import Diagnostic, Edit, Source

MAX_ROUNDS = 10  # a repair may bring another to light: a comment that silences nothing any more


class Fixed(Struct, frozen=True):
    """A text with its safe repairs made: what they mended, and what is left to say."""

    text: str
    applied: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def fix(source: Source) -> Fixed:
    """Makes every safe repair that the checker has tried, over all variants, until none is left.

    In a text with errors only characters that look like others are replaced: what else is wrong decides what is meant.
    """
    applied: list[Diagnostic] = []
    for _ in range(MAX_ROUNDS):
        found = check_source(source)
        chosen = _apart([d for d in found if _is_safe(d)])
        if not chosen:
            break
        source = apply(source, [edit for diagnostic in chosen for edit in _edits(diagnostic)])
        applied += chosen
    return Fixed(source.text, tuple(applied), found)


def _is_safe(diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic has one safe repair: of several for an error, a person chooses."""
    safe = [repair for repair in diagnostic.repairs if repair.safe]
    return bool(safe) and (diagnostic.severity == "warning" or len(diagnostic.repairs) == 1)


def _edits(diagnostic: Diagnostic) -> tuple[Edit, ...]:
    return next(repair.edits for repair in diagnostic.repairs if repair.safe)


def _apart(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those whose edits do not touch one another; the others have their turn in the next round."""
    kept: list[Diagnostic] = []
    taken: set[tuple[int, int]] = set()
    for diagnostic in diagnostics:
        lines = {(e.span.line, e.span.column) for e in _edits(diagnostic)}
        if not lines & taken:
            kept.append(diagnostic)
            taken |= lines
    return kept
