"""Whether a repair that was tried has mended its mistake: a judgement over what was found before and after the edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from cnnspec.engine.diagnostics.diagnostic import Diagnostic, Repair

Found = Sequence[Diagnostic]
Key = tuple[str, str]

# Mistakes of writing, in which one thing was meant. The others are about sizes, of which any may be meant.
WRITING = frozenset(
    """
    bad-alias bad-expression bad-input bad-param duplicate-id idle-patch undefined-from unknown-argument unknown-base
    unknown-key unknown-layer unknown-name unknown-param unknown-version unknown-word wrong-rank wrong-type yaml-syntax
    """.split()
)


def mending(diagnostic: Diagnostic, before: Found, trials: Sequence[tuple[Repair, Found]]) -> tuple[Repair, ...]:
    """Those of the tried repairs that mend ``diagnostic``; each comes with what is found in the edited text.

    An error hides what follows from it, so a repair may bring to light what was wrong all along. That does not speak
    against it where the mistake is one of writing, unless it is the mended line that is wrong anew, or a line between
    that and the mistake: what stands above a mistake is not hidden by it. Of a mistake of sizes, what is found under
    every repair was there before; what is found under one alone was made by it.
    """
    worked = [(repair, after) for repair, after in trials if _is_gone(diagnostic, repair, after)]
    shared = set.intersection(*(set(_new(before, after)) for _, after in worked)) if len(worked) > 1 else set()
    writing = diagnostic.code in WRITING
    return tuple(
        repair
        for repair, after in worked
        if not any(
            not (writing or _key(found) in shared)
            or found.span.line in _edited_lines(repair)
            or _is_on_the_way(found, repair, diagnostic)
            for found in after
            if _key(found) in _new(before, after)
        )
    )


def _key(diagnostic: Diagnostic) -> Key:
    """Equal for the same mistake before and after an edit, which may move it to another line."""
    return (diagnostic.code, diagnostic.message)


def _is_gone(diagnostic: Diagnostic, repair: Repair, after: Found) -> bool:
    """Whether nothing of the kind is found at its line, which the edits above it may have moved."""
    line, name = diagnostic.span.line, diagnostic.span.source.name
    above = [edit for edit in repair.edits if edit.span.line <= line]
    line += sum(edit.text.count("\n") - (edit.span.end_line - edit.span.line) for edit in above)
    return all(_key(f) != _key(diagnostic) or (f.span.source.name, f.span.line) != (name, line) for f in after)


def _is_on_the_way(found: Diagnostic, repair: Repair, mistake: Diagnostic) -> bool:
    """Whether something stands behind all edits of a repair and above what it is to mend."""
    last = max(_edited_lines(repair), default=0)
    return found.span.source.name == mistake.span.source.name and last < found.span.line < mistake.span.line


def _new(before: Found, after: Found) -> Iterable[Key]:
    return Counter(map(_key, after)) - Counter(map(_key, before))


def _edited_lines(repair: Repair) -> set[int]:
    """The lines, in the edited text, that the repair has written."""
    lines: set[int] = set()
    moved = 0
    for edit in sorted(repair.edits, key=lambda edit: (edit.span.line, edit.span.column)):
        breaks = edit.text.count("\n")
        first = edit.span.line + moved
        lines |= set(range(first, first + breaks + 1))
        moved += breaks - (edit.span.end_line - edit.span.line)
    return lines
