"""Places: the engine counts characters from 1, the protocol UTF-16 code units from 0."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnspec.engine.diagnostics import Source, Span

Json = dict[str, Any]


class Position(NamedTuple):
    """A place in a text as the engine counts: line and column from 1."""

    line: int
    column: int


def units(text: str) -> int:
    """How many UTF-16 code units a text takes."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def characters(text: str, offset: int) -> int:
    """How many characters the first ``offset`` code units of a text are; past its end, all of them."""
    if offset <= 0 or text.isascii():
        return max(min(offset, len(text)), 0)
    for number, character in enumerate(text):
        offset -= 1 + (character > "\uffff")
        if offset < 0:
            return number
    return len(text)


def from_client(source: Source, position: Json) -> Position:
    """A place of the protocol, moved into the text where it lies outside."""
    line = max(int(position["line"]), 0)
    if line >= len(source.lines):
        return Position(len(source.lines), len(source.lines[-1]) + 1)
    return Position(line + 1, characters(source.line(line + 1), int(position["character"])) + 1)


def to_client(source: Source, line: int, column: int) -> Json:
    """A place of the engine for the protocol."""
    if line > len(source.lines):
        return {"line": len(source.lines) - 1, "character": units(source.line(len(source.lines)))}
    return {"line": line - 1, "character": units(source.line(line)[: column - 1])}


def to_range(span: Span) -> Json:
    """A span as a range."""
    source = span.source
    return {
        "start": to_client(source, span.line, span.column),
        "end": to_client(source, span.end_line, span.end_column),
    }


def end_of_line(source: Source, line: int) -> Json:
    """The place after the last character of a line that is not blank."""
    return {"line": line - 1, "character": units(source.line(line).rstrip())}


def contains(span: Span, at: Position) -> bool:
    """Whether a place is inside a span or at its end."""
    return (span.line, span.column) <= at <= (span.end_line, span.end_column)
