"""A text and the places in it."""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate
from pathlib import Path

from msgspec import Struct


class Source(Struct, frozen=True, eq=False, dict=True):
    """A text under the name that messages call it by.

    ``shipped`` marks the texts that ship inside the package: a user cannot edit them, so a message
    about one points first at the user's own line that led there. ``path`` is the file that it was read from, None for
    a text that is no file. ``base`` is the text that it extends, where that is at hand and need not be looked for.
    ``roots`` are the folders that its names may lead into while it is checked; None where they may lead anywhere.
    Two are equal by name and text, wherever they come from.
    """

    name: str
    text: str
    shipped: bool = False
    path: Path | None = None
    base: Source | None = None
    roots: tuple[Path, ...] | None = None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Source) and self._own == other._own)

    def __hash__(self) -> int:
        return hash(self._own)

    def __repr__(self) -> str:
        return f"<Source {self.name}>"

    @property
    def _own(self) -> tuple[str, str, bool]:
        return (self.name, self.text, self.shipped)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def starts(self) -> list[int]:
        """Characters before each line, and before one behind the last."""
        return [0, *accumulate(len(text) + 1 for text in self.lines)]

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end; empty past the last line."""
        return self.lines[number - 1].rstrip("\r") if number <= len(self.lines) else ""

    def offset(self, line: int, column: int) -> int:
        """Characters before a place (both counted from 1)."""
        return self.starts[min(line, len(self.starts)) - 1] + column - 1

    def span(self, line: int = 1, column: int = 1, width: int = 1) -> Span:
        """A place of ``width`` characters on one line."""
        return Span(self, line, column, line, column + width)


class Span(Struct, frozen=True):
    """From a place to a place of a source. Lines and columns count characters from 1; the end is exclusive."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of another of the same source."""
        return Span(self.source, self.line, self.column, other.end_line, other.end_column)

    def part(self, start: int, end: int) -> Span:
        """Characters ``start`` to ``end`` of a span that lies on one line; else the span itself."""
        if self.line != self.end_line:
            return self
        return Span(self.source, self.line, self.column + start, self.line, self.column + max(end, start + 1))

    def holds(self, other: Span) -> bool:
        """Whether another span begins inside this one."""
        place = (other.line, other.column)
        return other.source is self.source and (self.line, self.column) <= place < (self.end_line, self.end_column)

    @property
    def text(self) -> str:
        start = self.source.offset(self.line, self.column)
        return self.source.text[start : self.source.offset(self.end_line, self.end_column)]

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"
