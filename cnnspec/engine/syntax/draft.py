"""A text with edits made, in which each place still knows where it stands in the text that a person wrote."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Source, Span

UNREAD = "unread"  # in the place of an item that was taken out


class Draft:
    """A copy of a source to be edited; lines are replaced one for one, so that only columns move.

    ``unread`` are lines that were taken out and stand for one item, of which nothing is known.
    """

    def __init__(self, original: Source) -> None:
        self.original = original
        self.lines = list(original.lines)
        self.columns: dict[int, list[int]] = {}  # of edited lines: where each column stood, both from 0
        self.unread: set[int] = set()

    @property
    def source(self) -> Source:
        """The text as it stands now."""
        return replace(self.original, text="\n".join(self.lines))

    def edit(self, edits: Iterable[Edit]) -> bool:
        """Makes edits, whose places are those of the draft; False where one does not keep to its line."""
        edits = sorted(edits, key=lambda e: (e.span.line, e.span.column), reverse=True)
        if any(e.span.line != e.span.end_line or "\n" in e.text for e in edits):
            return False
        for e in edits:
            self.put(e.span.line, e.span.column - 1, e.span.end_column - 1, e.text)
        return True

    def put(self, line: int, start: int, end: int, text: str) -> None:
        """Replaces the columns from ``start`` to ``end`` of a line, counted from 0."""
        old = self.lines[line - 1]
        columns = self.columns.get(line) or list(range(len(old) + 1))
        within = [columns[min(start + number, max(end - 1, start))] for number in range(len(text))]
        self.lines[line - 1] = old[:start] + text + old[end:]
        self.columns[line] = [*columns[:start], *within, *columns[end:]]

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Where a place of the draft, counted from 1, stands in the original."""
        columns = self.columns.get(line)
        if columns is None:
            return line, column
        return line, columns[min(column, len(columns)) - 1] + 1

    def span(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        """A span of the draft as one of the original."""
        return Span(self.original, *self.place(line, column), *self.place(end_line, end_column))

    def diagnostic(self, found: Diagnostic) -> Diagnostic:
        """A diagnostic of the draft as one of the original."""
        labels = tuple(Label(self._moved(label.span), label.text) for label in found.labels)
        repairs = tuple(
            Repair(r.words, tuple(Edit(self._moved(e.span), e.text) for e in r.edits), r.safe) for r in found.repairs
        )
        primary = Label(self._moved(found.span), found.primary.text)
        return replace(found, primary=primary, labels=labels, repairs=repairs)

    def _moved(self, span: Span) -> Span:
        return self.span(span.line, span.column, span.end_line, span.end_column)
