"""A tree of entries -> text in the one layout, compared with what it was made of."""

from __future__ import annotations

from typing import Any

import yaml

from cnnspec.engine.diagnostics import Diagnostic, Sink, Source
from cnnspec.engine.formatting.expressions import meaning
from cnnspec.engine.formatting.tree import LayoutEntry, WrittenCollection, WrittenScalar, all_comments, read
from cnnspec.engine.syntax import parse
from cnnspec.engine.syntax.parse import LOADER

WIDTH = 120  # of a line; a list or mapping in brackets that is wider is written in lines
STEP = "  "
MARK = "cnnspec"  # the first key of a spec, whose sections have blank lines between them


def formatted_source(source: Source) -> tuple[str, tuple[Diagnostic, ...]]:
    """The text of a source in the one layout; unchanged, with the reasons, if it cannot be read as YAML."""
    sink = Sink()
    tree = parse(source, sink)
    if len(sink) or tree is None:
        return source.text, sink.in_order()
    return formatted(source.text), ()


def formatted(text: str) -> str:
    """A YAML text in the one layout. It says the same, and has the same comments."""
    found = _LayoutWriter().document(text)
    if _meaning(found) != _meaning(text) or all_comments(found) != all_comments(text):
        raise AssertionError("the layout would change what the text says")
    return found


def _meaning(text: str) -> list[Any]:
    """What YAML reads of a text, regardless of its layout and of spaces in its expressions."""
    return [
        (type(event).__name__, getattr(event, "anchor", None), meaning(getattr(event, "value", "")), _is_plain(event))
        for event in yaml.parse(text, LOADER)
    ]


def _is_plain(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent) and not event.style


class _LayoutWriter:
    def __init__(self) -> None:
        self.out: list[str] = []
        self.kept = 0  # lines up to the last block scalar, whose blank lines at its end are a part of it

    def document(self, text: str) -> str:
        tree, above, below = read(text)
        self.put_all(above, "")
        if isinstance(tree, WrittenCollection) and tree.entries and not (tree.flow and self.fits(tree, 0)):
            if tree.anchor:
                self.put(tree.anchor)
            self.branch(tree, "", apart=tree.is_map and any(entry.key == MARK for entry in tree.entries))
        else:
            self.value("", tree, "", "", "")
        self.put_all(below, "")
        while len(self.out) > self.kept and not self.out[-1]:
            self.out.pop()
        return "\n".join(self.out) + "\n"

    def put(self, text: str) -> None:
        """A line; of blank ones at most one in a row, and none at the top."""
        if text or (self.out and self.out[-1]):
            self.out.append(text)

    def put_all(self, lines: list[str], indent: str) -> None:
        for text in lines:
            self.put(f"{indent}{text}" if text else "")

    def branch(self, branch: WrittenCollection, indent: str, *, apart: bool = False, first: str = "") -> None:
        """The entries, one below the other.

        With ``apart`` blank lines surround those that take several; ``first`` replaces the indentation of the first.
        """
        long_before = False
        for number, entry in enumerate(branch.entries):
            is_long = apart and self.is_long(entry, indent)
            if number and (is_long or long_before):
                self.put("")
            above = entry.above
            if number == 0:
                above = _without_first_blank(above)
            if not (number == 0 and first):
                self.put_all(above, indent)
            self.entry(branch, entry, indent, first if number == 0 and first else indent)
            long_before = is_long
        self.put_all(branch.below, indent)

    def is_long(self, entry: LayoutEntry, indent: str) -> bool:
        """Whether an entry takes several lines."""
        value = entry.value
        if isinstance(value, WrittenScalar):
            return False
        return bool(value.entries) and not self.on_line(entry, value, len(indent) + len(entry.key) + 2)

    def entry(self, branch: WrittenCollection, entry: LayoutEntry, indent: str, before: str) -> None:
        if branch.is_map:
            self.value(f"{before}{entry.key}:", entry.value, indent, entry.header, entry.tail)
        else:
            self.item(entry, indent, before)

    def value(self, head: str, value: WrittenScalar | WrittenCollection, indent: str, header: str, tail: str) -> None:
        """A key, or nothing, with its value: on its line, or in lines below it."""
        if isinstance(value, WrittenScalar):
            self.leaf(head, value, indent + STEP, tail)
            return
        anchor = f" {value.anchor}" if value.anchor else ""
        flat = None if value.entries and not value.flow else self.flat(value)
        if flat is not None and (len(f"{head}{anchor} {flat}") <= WIDTH or not value.entries):
            self.put(_with_comment(f"{head}{anchor} {flat}".lstrip() if not head else f"{head}{anchor} {flat}", tail))
            return
        self.put(_with_comment(f"{head}{anchor}", "  ".join(filter(None, [header, tail]))))
        self.branch(value, indent + STEP)

    def item(self, entry: LayoutEntry, indent: str, before: str) -> None:
        value, inner = entry.value, indent + STEP
        head = f"{before}-"
        is_open = (
            isinstance(value, WrittenCollection) and value.entries and not self.on_line(entry, value, len(head) + 1)
        )
        if not is_open or not isinstance(value, WrittenCollection):
            self.value(head, value, indent, "", entry.tail)
        elif value.anchor or _has_comment_above(value):
            self.put(_with_comment(f"{head} {value.anchor}".rstrip(), entry.tail))
            self.branch(value, inner)
        else:
            if entry.tail:
                self.put(f"{indent}{entry.tail}")
            self.branch(value, inner, first=f"{head} ")

    def leaf(self, head: str, leaf: WrittenScalar, indent: str, tail: str) -> None:
        first = f"{head} {leaf.text}".strip() if not head else f"{head} {leaf.text}".rstrip()
        if not leaf.more:
            self.put(_with_comment(first, tail))
            return
        self.out.append(first)
        self.out += [f"{indent}{text}" if text else "" for text in leaf.more]
        self.kept = len(self.out) if leaf.literal else self.kept
        if tail:
            self.out[-1] = _with_comment(self.out[-1], tail)

    def on_line(self, entry: LayoutEntry, value: WrittenCollection, start: int) -> bool:
        return value.flow and self.fits(value, start)

    def fits(self, value: WrittenCollection, start: int) -> bool:
        flat = self.flat(value)
        anchor = len(value.anchor) + 1 if value.anchor else 0
        return flat is not None and start + anchor + len(flat) <= WIDTH

    def flat(self, value: WrittenScalar | WrittenCollection) -> str | None:
        """A value on one line; None where comments or texts over several lines are in it."""
        if isinstance(value, WrittenScalar):
            return None if value.more else value.text
        if value.broken or value.below:
            return None
        parts = []
        for entry in value.entries:
            inner = self.flat(entry.value)
            if inner is None or any(entry.above) or entry.tail or entry.header:
                return None
            if isinstance(entry.value, WrittenCollection) and entry.value.anchor:
                inner = f"{entry.value.anchor} {inner}"
            parts.append(f"{entry.key}: {inner}".removesuffix(": ") if value.is_map else inner)
        joined = ", ".join(parts)
        return f"{{{joined}}}" if value.is_map else f"[{joined}]"


def _without_first_blank(above: list[str]) -> list[str]:
    return above[1:] if above and not above[0] else above


def _has_comment_above(branch: WrittenCollection) -> bool:
    return bool(branch.entries) and any(branch.entries[0].above)


def _with_comment(text: str, comment: str) -> str:
    return f"{text} {comment}" if comment else text
