"""Events of YAML -> a tree of entries, in which every comment and blank line has its place."""

from __future__ import annotations

import re
from typing import Any

import yaml
from msgspec import Struct, field

from cnnspec.engine.formatting.comments import Comment, comments
from cnnspec.engine.formatting.expressions import spaced
from cnnspec.engine.syntax.parse import LOADER


class WrittenScalar(Struct):
    """A scalar or an alias as written: its first line and those that continue it.

    ``literal`` is a block scalar, whose further lines keep their indentation among one another.
    """

    text: str
    more: list[str] = field(default_factory=list)
    literal: bool = False


class WrittenCollection(Struct):
    """A list or a mapping. ``below`` are the comments after its last entry; ``broken`` if it cannot be on one line."""

    is_map: bool
    flow: bool
    entries: list[LayoutEntry] = field(default_factory=list)
    anchor: str = ""
    below: list[str] = field(default_factory=list)
    broken: bool = False


class LayoutEntry(Struct):
    """An item of a list, or a key with its value.

    ``above`` are the comments and blank lines before it, ``header`` is the comment on the line of a key whose value
    follows, and ``tail`` the one after the value.
    """

    key: str
    value: WrittenScalar | WrittenCollection
    above: list[str] = field(default_factory=list)
    header: str = ""
    tail: str = ""


def read(text: str) -> tuple[WrittenScalar | WrittenCollection, list[str], list[str]]:
    """The tree of a text, and the comments before and after it."""
    return _LayoutReader(text).document()


def all_comments(text: str) -> list[str]:
    """The texts of all comments, sorted."""
    return sorted(comment.text for comment in _LayoutReader(text).comments.values())


class _LayoutReader:
    def __init__(self, text: str) -> None:
        self.lines = [line.rstrip("\r") for line in text.split("\n")]
        self.events: list[Any] = list(yaml.parse(text, LOADER))
        scalars = [self.extent(event) for event in self.events if isinstance(event, yaml.ScalarEvent)]
        self.comments = comments(self.lines, scalars)
        self.left: dict[int, Comment] = dict(self.comments)
        self.at = 0
        self.line = -1  # the last one that is read
        self.in_flow = 0  # how many lists and mappings in brackets are open

    def extent(self, event: Any) -> tuple[int, int, int, int]:
        """Where a scalar stands; a block scalar ends with its last line that is not blank."""
        start, end = event.start_mark, event.end_mark
        last, column = end.line, end.column
        if event.style in ("|", ">"):
            last, column = self.end_of_block(start.line, end.line, event.value)
        return start.line, self.scalar_column(event), last, column

    def end_of_block(self, first: int, last: int, value: str) -> tuple[int, int]:
        last = min(last, len(self.lines) - 1)
        count = len(value.split("\n")) if value.strip() else 0
        indent = _base(self.lines[first + 1 : last + 1], value)
        while last > first and (not self.lines[last].strip() or _indent(self.lines[last]) < indent or not count):
            last -= 1
        return last, len(self.lines[last])

    def scalar_column(self, event: Any) -> int:
        """Where a scalar itself begins; the header of a block scalar may have a comment, which is not a part of it."""
        return len(self.lines[event.start_mark.line]) if event.style in ("|", ">") else int(event.start_mark.column)

    def next(self) -> Any:
        event = self.events[self.at]
        self.at += 1
        return event

    def document(self) -> tuple[WrittenScalar | WrittenCollection, list[str], list[str]]:
        self.next(), self.next()
        above = self.between(self.events[self.at].start_mark.line)
        tree = self.node(0)
        tail = self.tail()
        rest = [tail] if tail else []
        return tree, above, [*rest, *self.between(len(self.lines))]

    def between(self, line: int, column: int = 0) -> list[str]:
        """The comments and blank lines up to a line; the first comment further out than ``column`` ends them."""
        taken: list[str] = []
        for number in range(self.line + 1, line):
            comment = self.left.get(number)
            if comment is not None and comment.alone and comment.column < column:
                break
            if comment is not None:
                taken.append(self.left.pop(number).text)
                self.line = number
            elif not self.lines[number].strip():
                taken.append("")
        if column:
            while taken and not taken[-1]:
                taken.pop()
        else:
            self.line = max(self.line, line - 1)
        return taken

    def tail(self) -> str:
        """The comment at the end of the line that was read last, unless something else follows on it."""
        following: Any = self.events[self.at]
        if self.in_flow and following.start_mark.line == self.line:
            return ""
        comment = self.left.get(self.line)
        return self.left.pop(self.line).text if comment and not comment.alone else ""

    def node(self, column: int) -> WrittenScalar | WrittenCollection:
        event = self.next()
        if isinstance(event, yaml.AliasEvent):
            self.line = self.events[self.at - 1].end_mark.line
            return WrittenScalar(f"*{event.anchor}")
        anchor = f"&{event.anchor}" if event.anchor else ""
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, anchor)
        branch = WrittenCollection(isinstance(event, yaml.MappingStartEvent), bool(event.flow_style), anchor=anchor)
        closing = yaml.MappingEndEvent if branch.is_map else yaml.SequenceEndEvent
        self.line = max(self.line, event.start_mark.line if branch.flow or anchor else self.line)
        left = len(self.left)
        self.in_flow += branch.flow
        inner = 0 if branch.flow else self.column_of(event)
        while not isinstance(self.events[self.at], closing):
            branch.entries.append(self.entry(branch, inner))
        end = self.next()
        self.in_flow -= branch.flow
        if branch.flow:
            branch.below = [text for text in self.between(end.end_mark.line) if text]
            self.line = end.end_mark.line
            branch.broken = len(self.left) < left or any(_is_broken(entry.value) for entry in branch.entries)
        else:
            branch.below = self.between(self.following(), inner)
        return branch

    def column_of(self, event: Any) -> int:
        """The column of a block collection, of which comments at its end are indented as much."""
        if event.anchor:
            return int(self.events[self.at].start_mark.column)
        return int(event.start_mark.column)

    def following(self) -> int:
        """The line of the next value, or the end of the text."""
        for event in self.events[self.at :]:
            if not isinstance(event, yaml.CollectionEndEvent | yaml.DocumentEndEvent | yaml.StreamEndEvent):
                return int(event.start_mark.line)
        return len(self.lines)

    def entry(self, branch: WrittenCollection, column: int) -> LayoutEntry:
        first = self.events[self.at]
        above = self.between(first.start_mark.line)
        if not branch.entries:
            above = above if any(above) else []
        if not branch.is_map:
            value = self.node(column)
            tail = "" if _ends_in_entry(value) else self.tail()
            return LayoutEntry("", value, above, tail=tail)
        key = self.node(column)
        assert isinstance(key, WrittenScalar)
        name = f"{key.text} " if key.text.startswith("*") else key.text
        header = ""
        coming = self.events[self.at]
        if self.is_below(coming):
            header = self.tail()
            if not isinstance(coming, yaml.CollectionStartEvent) or coming.flow_style:
                above += [text for text in self.between(coming.start_mark.line) if text]
        value = self.node(column)
        tail = "" if _ends_in_entry(value) else self.tail()
        if header and (isinstance(value, WrittenScalar) or value.flow):
            above, header = [*above, header], ""
        return LayoutEntry(name, value, above, header, tail)

    def is_below(self, event: Any) -> bool:
        """Whether a value begins below its key, or its own entries do."""
        after = self.events[self.at + 1] if isinstance(event, yaml.CollectionStartEvent) and event.anchor else event
        return bool(after.start_mark.line > self.line) and not _is_empty(event)

    def scalar(self, event: Any, anchor: str) -> WrittenScalar:
        line, column, last, end = self.extent(event)
        before = f"{anchor} " if anchor else ""
        if event.style in ("|", ">"):
            return self.block_scalar(event, before, last)
        self.line = max(self.line, last)
        if _is_empty(event):
            return WrittenScalar(anchor)
        raw = self.raw(line, column, last, end)
        if event.anchor or event.tag:
            raw = raw.split(None, 1)[1] if len(raw.split(None, 1)) > 1 else raw
        if "\n" not in raw:
            return WrittenScalar(before + _canonical(raw, event))
        if not event.style and "\n" not in event.value:
            return WrittenScalar(before + event.value) if len(event.value) <= 60 else _folded(before + raw)
        return _folded(before + raw)

    def block_scalar(self, event: Any, before: str, last: int) -> WrittenScalar:
        """A scalar behind `|` or `>`, its lines without their common indentation."""
        self.line = event.start_mark.line
        header = self.lines[self.line][event.start_mark.column :].split("#")[0].strip()
        header = re.sub(r"\d", "2", header.split()[-1])  # the indentation that is written, where a text needs it stated
        comment = self.tail()
        lines = self.lines[self.line + 1 : last + 1]
        shift = _base(lines, event.value)
        blank = len(event.value) - len(event.value.rstrip("\n")) - 1 if "+" in header else 0
        self.line = last + max(blank, 0)
        more = [text[shift:] if text.strip() else text[shift:].strip() for text in lines]
        return WrittenScalar(f"{before}{header}{f' {comment}' if comment else ''}", more + [""] * blank, literal=True)

    def raw(self, line: int, column: int, last: int, end: int) -> str:
        if line == last:
            return self.lines[line][column:end]
        return "\n".join([self.lines[line][column:], *self.lines[line + 1 : last], self.lines[last][:end]])


def _folded(raw: str) -> WrittenScalar:
    """A scalar over several lines, which YAML joins: their indentation says nothing."""
    first, *more = raw.split("\n")
    return WrittenScalar(first.rstrip(), [text.strip() for text in more])


def _canonical(raw: str, event: Any) -> str:
    """A scalar on one line: in double quotes where it is in single ones, with spaces around the signs of `$(...)`."""
    if not event.style:
        return spaced(raw)
    if "\\" in raw or '"' in event.value:
        return raw
    return f'"{spaced(event.value)}"'


def _is_empty(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent) and not event.value and not event.style


def _is_broken(value: WrittenScalar | WrittenCollection) -> bool:
    return bool(value.more) if isinstance(value, WrittenScalar) else value.broken


def _ends_in_entry(value: WrittenScalar | WrittenCollection) -> bool:
    """Whether the line that a value ends with is an entry's own, whose comment that entry has taken."""
    return isinstance(value, WrittenCollection) and not value.flow and bool(value.entries)


def _base(lines: list[str], value: str) -> int:
    """The indentation that the lines of a block scalar have in common; spaces beyond it are a part of the value."""
    first = next((text for text in lines if text.strip()), "")
    return max(_indent(first) - _indent(value.lstrip("\n")), 0)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
