"""The edit that puts translated lines in the place of one line."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Edit, Repair, Span
from cnnspec.engine.syntax import Entry, Map, Node, Seq


class YamlLine(Struct, frozen=True):
    """A line of a spec: its operation, the arguments as YAML writes them, and the words beside it."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    body: tuple[YamlLine, ...] = ()  # of a group

    @property
    def value(self) -> str:
        """What stands behind the colon of the operation."""
        if self.body:
            return f"[{', '.join(line.inside() for line in self.body)}]"
        inner = ", ".join(f"{name}: {text}" for name, text in self.arguments.items())
        return f"{{{inner}}}" if inner else ""

    @property
    def operation(self) -> str:
        """``Conv2d: {out_channels: 8}``, or the bare name."""
        return f"{self.name}: {self.value}" if self.value else self.name

    def below(self, indent: int) -> str:
        """The line after its dash, each word in a line of its own."""
        colon = ":" if self.words and not self.value else ""
        return f"\n{' ' * indent}".join([self.operation + colon, *self._pairs()])

    def inside(self) -> str:
        """The line in a list in square brackets."""
        if not self.words and not self.value:
            return self.name
        operation = self.operation if self.value else f"{self.name}: null"
        return f"{{{', '.join([operation, *self._pairs()])}}}"

    def _pairs(self) -> list[str]:
        return [f"{word}: {text}" for word, text in self.words.items()]


class Translation(Struct, frozen=True):
    """``lines`` say the same here; they are empty where no line does, or not all of it, and ``words`` then say why."""

    lines: tuple[YamlLine, ...] = ()
    label: str = ""
    words: str = ""
    note: str = ""
    instead: tuple[YamlLine, ...] = ()  # a second reading, where two may be meant


def replacing(node: Node, lines: Sequence[YamlLine], kept: Sequence[tuple[str, str]] = ()) -> Repair | None:
    """The edit that writes ``lines`` for the item ``node``; ``kept`` are the words beside it.

    None where the item shares its place with what the edit would lose: a comment, another item in its line.
    """
    span = _extent(node)
    if " #" in span.text or not lines:
        return None
    lines = _with_words(lines, dict(kept))
    before = span.source.line(span.line)[: span.column - 1]
    said = " and ".join(
        f"`{line.operation}{':' if line.words and not line.value else ''}`" + _beside(line) for line in lines
    )
    if "-" in before and not before.strip("- "):
        dash, indent = before.rindex("-"), span.column - 1
        text = f"\n{' ' * dash}- ".join(line.below(indent if not number else dash + 2)
                                        for number, line in enumerate(lines))  # fmt: skip
    else:
        text = ", ".join(line.inside() for line in lines)
    return Repair(f"write {said}", (Edit(span, text),))


def _beside(line: YamlLine) -> str:
    words = [f"`{word}: {text}`" for word, text in line.words.items()]
    return f" with {' and '.join(words)} below it" if words else ""


def _with_words(lines: Sequence[YamlLine], kept: dict[str, str]) -> Sequence[YamlLine]:
    """The words on the one line, or on the line that each belongs to; loops hold several lines together."""
    if not kept:
        return lines
    if len(lines) == 1:
        only = lines[0]
        return [YamlLine(only.name, only.arguments, {**only.words, **kept})]
    if kept.keys() <= {"id", "from"}:
        first, last = lines[0], lines[-1]
        begins = {"from": kept["from"]} if "from" in kept else {}
        ends = {"id": kept["id"]} if "id" in kept else {}
        return [
            YamlLine(first.name, first.arguments, {**begins, **first.words}),
            *lines[1:-1],
            YamlLine(last.name, last.arguments, {**last.words, **ends}),
        ]
    return [YamlLine("layers", {}, kept, tuple(lines))]


def _extent(node: Node) -> Span:
    """From the first sign of an item to its last."""
    if not isinstance(node, Map) or node.flow:
        return node.span
    first, last = node.entries[0], node.entries[-1]
    end = _end(last)
    return Span(first.key.span.source, first.key.span.line, first.key.span.column, end.end_line, end.end_column)


def _end(entry: Entry) -> Span:
    value = entry.value
    if isinstance(value, Map) and not value.flow and value.entries:
        return _end(value.entries[-1])
    if isinstance(value, Seq) and not value.flow and value.items:
        last = value.items[-1]
        return _end(last.entries[-1]) if isinstance(last, Map) and not last.flow else last.span
    if value.span.text.strip():
        return value.span
    key = entry.key.span
    return Span(key.source, key.line, key.end_column + 1, key.end_line, key.end_column + 1)
