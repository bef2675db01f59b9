"""The tree that a text becomes: three kinds of node, each with its span."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from cnnspec.engine.diagnostics import Span


class Scalar(Struct, frozen=True, eq=False):
    """One value: what it is (``value``) and how it was written (``text``, without quotes)."""

    span: Span
    value: str | int | float | bool | None
    text: str
    plain: bool = True

    def part(self, start: int, end: int) -> Span:
        """Where characters ``start`` to ``end`` of the text stand; all of it where quoting or folding hides that.

        A text over several lines is folded: its lines are joined by spaces, and its words stay as they are.
        """
        raw, at = self.span.text, self._offsets()
        if start >= len(at) or not raw:
            return self.span
        first, last = at[start], at[min(max(end, start + 1), len(at)) - 1] + 1
        return _inside(self.span, raw, first, last)

    def _offsets(self) -> list[int]:
        """For each character of the text, its place in what is written; empty where more than space differs."""
        raw = self.span.text
        at = 0 if self.plain else 1
        if not self.plain and raw[:1] in "|>":
            at = raw.find("\n") + 1
        found = []
        for character in self.text:
            if not character.isspace():
                while at < len(raw) and raw[at].isspace():
                    at += 1
                if at >= len(raw) or raw[at] != character:
                    return []
            found.append(min(at, len(raw) - 1))
            at += not character.isspace() or raw[at : at + 1].isspace()
        return found


class Seq(Struct, frozen=True, eq=False):
    """A list. ``flow`` when written in brackets."""

    span: Span
    items: tuple[Node, ...]
    flow: bool = False


class Entry(Struct, frozen=True, eq=False):
    """One ``key: value`` of a mapping."""

    key: Scalar
    value: Node

    @property
    def written(self) -> bool:
        """Whether it stands in the text; what is set from outside is said to stand where its param is declared."""
        key, value = self.key.span, self.value.span
        return (key.line, key.column) != (value.line, value.column)

    @property
    def span(self) -> Span:
        """From the key to the end of the value where that is on the same line, else the key."""
        end = self.value.span
        return self.key.span.to(end) if end.end_line == self.key.span.line else self.key.span


class Map(Struct, frozen=True, eq=False):
    """A mapping with text keys, in the order of the text. ``flow`` when written in braces."""

    span: Span
    entries: tuple[Entry, ...]
    flow: bool = False

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def get(self, name: str) -> Node | None:
        entry = self.entry(name)
        return entry.value if entry else None

    def entry(self, name: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key.text == name), None)

    def names(self) -> list[str]:
        return [entry.key.text for entry in self.entries]


Node = Scalar | Seq | Map


def _inside(span: Span, raw: str, first: int, last: int) -> Span:
    """Characters ``first`` to ``last`` of a span's text, as a place."""

    def place(offset: int) -> tuple[int, int]:
        before = raw[:offset]
        breaks = before.count("\n")
        column = offset - before.rfind("\n") if breaks else span.column + offset
        return span.line + breaks, column

    line, column = place(first)
    end_line, end_column = place(last - 1)
    return Span(span.source, line, column, end_line, end_column + 1)


def shown(node: Node, limit: int = 40) -> str:
    """A node as a message quotes it: the scalar as written, or what kind of thing it is."""
    match node:
        case Scalar(value=None):
            return "null" if node.text else "nothing"
        case Scalar():
            text = node.text if node.plain else f'"{node.text}"'
            return text if len(text) <= limit else f"{text[: limit - 1]}…"
        case Seq(items=()):
            return "an empty list"
        case Seq():
            return _written(node, limit) or "a list"
        case Map():
            return _written(node, limit) or "a mapping"


def _written(node: Node, limit: int) -> str:
    if node.span.line != node.span.end_line:
        return ""
    text = node.span.text
    return text if text[-1:] in ("]", "}") and len(text) <= limit else ""
