"""What YAML's parser stumbled over, and how a slip is told."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Source, Span


class Trouble(Struct, frozen=True):
    """What YAML's parser says, with the lines (from 1) between which the reason stands."""

    source: Source
    problem: str
    first: int
    line: int
    column: int

    def lines(self) -> Iterator[tuple[int, str]]:
        """Numbers and texts of those lines."""
        for number in range(self.first, self.line + 1):
            yield number, self.text(number)

    def text(self, number: int) -> str:
        """A line, without its end."""
        return self.source.line(number)


def slip(span: Span, message: str, label: str, words: str, *edits: Edit, labels: tuple[Label, ...] = ()) -> Diagnostic:
    """A diagnostic of what a rule has found; with edits, ``words`` say what these do."""
    help, repairs = ("", (Repair(words, edits),)) if edits else (words, ())
    return Diagnostic("yaml-syntax", message, Label(span, label), labels, help=help, repairs=repairs)


def insertion(span: Span, text: str) -> Edit:
    """An edit in front of a span."""
    return Edit(Span(span.source, span.line, span.column, span.line, span.column), text)


def quoted(text: str) -> str:
    """The text in the quotes that it does not hold."""
    mark = "'" if '"' in text else '"'
    return f"{mark}{text}{mark}"
