"""A mistake that an author repeats is reported once, with a fix for all its places."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cnnspec.engine.diagnostics.diagnostic import Diagnostic, Repair
from cnnspec.engine.diagnostics.words import more_lines

TIMES = 3  # from which on a mistake is a habit
OF_HABIT = frozenset(
    """
    bad-expression bad-name bad-param not-an-item unknown-argument unknown-layer unknown-word wrong-type yaml-syntax
    """.split()
)
Habit = tuple[Diagnostic, ...]


def habits(found: Iterable[Diagnostic]) -> list[Habit]:
    """The diagnostics in their order, those of one habit together in the place of the first."""
    groups: dict[object, list[Diagnostic]] = {}
    for diagnostic in found:
        groups.setdefault(_key(diagnostic), []).append(diagnostic)
    return [part for group in groups.values() for part in _parts(group)]


def _key(diagnostic: Diagnostic) -> object:
    """Equal for mistakes of one habit; what is said of one without a repair differs by what helps."""
    if diagnostic.code not in OF_HABIT or diagnostic.trace is not None:
        return diagnostic.identity
    helped = "" if diagnostic.repairs else diagnostic.help
    return (diagnostic.code, diagnostic.message, diagnostic.span.source.name, len(diagnostic.repairs), helped)


def _parts(group: list[Diagnostic]) -> list[Habit]:
    return [tuple(group)] if len(group) >= TIMES else [(diagnostic,) for diagnostic in group]


def told_once(habit: Habit) -> Diagnostic:
    """The first of a habit, with the lines of the others and the repairs of all."""
    first = habit[0]
    if len(habit) == 1:
        return first
    repairs = tuple(
        Repair(
            together[0].words,
            tuple(edit for repair in together for edit in repair.edits),
            all(repair.safe for repair in together),
        )
        for together in zip(*(diagnostic.repairs for diagnostic in habit), strict=True)
    )
    more = more_lines([diagnostic.span.line for diagnostic in habit])
    return replace(first, notes=(*first.notes, more), repairs=repairs)
