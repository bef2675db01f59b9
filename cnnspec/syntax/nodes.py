"""The tree that a text becomes: three kinds of node, each with its span."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnnspec.diagnostics import Span


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One value: what it is (``value``) and how it was written (``text``, without quotes)."""

    span: Span
    value: str | int | float | bool | None
    text: str
    plain: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Seq:
    """A list. ``flow`` when written in brackets."""

    span: Span
    items: tuple[Node, ...]
    flow: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One ``key: value`` of a mapping."""

    key: Scalar
    value: Node

    @property
    def span(self) -> Span:
        """From the key to the end of the value where that is on the same line, else the key."""
        end = self.value.span
        return self.key.span.to(end) if end.end_line == self.key.span.line else self.key.span


@dataclass(frozen=True, slots=True, eq=False)
class Map:
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


def shown(node: Node, limit: int = 40) -> str:
    """A node as a message quotes it: the scalar as written, or what kind of thing it is."""
    match node:
        case Scalar(value=None):
            return "nothing"
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
