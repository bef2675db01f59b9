"""Text -> Node tree, composed from YAML's events so that depth and size are bounded before anything is built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

import yaml

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Sink, Source, Span
from cnnspec.engine.gc_paused import gc_paused
from cnnspec.engine.syntax.draft import UNREAD, Draft
from cnnspec.engine.syntax.meter import Meter
from cnnspec.engine.syntax.nodes import Entry, Map, Node, Scalar, Seq
from cnnspec.engine.syntax.scalars import ScalarError, resolve

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 64
MAX_NODES = 60_000
MAX_LINES = 50_000
MAX_EXPRESSIONS = 150_000  # characters of expressions that differ, each counting 16 more
READING = 5  # steps of the Meter that a value takes until it is an item or an argument
WORD = re.compile(r"\S+")
PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")


class _PureLoader(yaml.Loader):
    """PyYAML's own scanner, where libyaml is missing: reads `?` inside a plain scalar as YAML 1.2 and libyaml do."""

    def scan_plain(self) -> Any:
        self.peek = self.peek_in_plain  # type: ignore[method-assign]
        try:
            return super().scan_plain()
        finally:
            del self.peek

    def peek_in_plain(self, index: int = 0) -> str:
        """A character ahead; for `?`, at which a plain scalar would end, one that is a part of it."""
        ahead = str(super().peek(index))
        return "." if ahead == "?" else ahead


LOADER: Any = getattr(yaml, "CLoader", _PureLoader)  # only its parser is used: nothing is constructed


class _ParseStop(Exception):
    """The text cannot be read on; the reason is in the sink."""


@gc_paused
def parse(source: Source, sink: Sink, meter: Meter | None = None) -> Node | None:
    """The text's one document, or None where it cannot be read. What is wrong goes to the sink.

    A tag, a duplicate key or a number out of bounds is reported and reading goes on, and so does it after broken
    YAML where what was meant is plain; a text of over a million characters or of more than 64 levels ends it.
    ``meter`` counts the values.
    """
    draft, size, own = None, 0, Sink()

    def compose(draft: Draft | None) -> Node | None:
        nonlocal size, own
        own = Sink()
        composer = _Composer(source, own, draft)
        try:
            return composer.document(draft.source.text if draft else source.text)
        except _ParseStop:
            return None
        finally:
            size += composer.size

    try:
        _check_characters(source, sink)
        draft = _plain(source, sink)
        return compose(draft)
    except _ParseStop:
        return None
    except yaml.YAMLError as error:
        if deep := _too_deep(source, error):
            own.add(deep)
            return None
        from cnnspec.engine.syntax.recover import recover  # which most texts go without

        slips, sure, tree = recover(source, draft, error, compose)
        for slip in slips:
            sink.add(slip)
        own = own if sure else Sink()
        return tree if sure else None
    finally:
        for diagnostic in own:
            sink.add(diagnostic)
        if meter is not None:
            meter.steps += READING * size


def _plain(source: Source, sink: Sink) -> Draft | None:
    """A draft in which characters that look like others are those others; None where there are none."""
    if source.text.isascii():
        return None
    from cnnspec.engine.syntax.look_alikes import without_look_alikes  # which most texts go without

    return without_look_alikes(source, sink)


def _too_deep(source: Source, error: Any) -> Diagnostic | None:
    """The bound on depth, where libyaml comes to its own first: it reads up to 1024 characters ahead of its events."""
    if "nesting depth" not in (getattr(error, "problem", None) or ""):
        return None
    sink = Sink()
    with suppress(_ParseStop, yaml.YAMLError):
        _Composer(source, sink).document(source.text[: error.problem_mark.index])
    return next((found for found in sink if found.code == "too-deep"), None)


def _check_characters(source: Source, sink: Sink) -> None:
    if len(source.text) > MAX_CHARACTERS:
        message = f"a spec of {len(source.text):,} characters is too large; the limit is {MAX_CHARACTERS:,}"
        sink.error("too-large", message, source.span())
        raise _ParseStop
    if source.text.count("\n") > MAX_LINES:
        sink.error("too-large", f"a spec has at most {MAX_LINES:,} lines", source.span(MAX_LINES + 1))
        raise _ParseStop
    bad = next((c for c in set(source.text) if _is_control(c)), None)
    if bad is None:
        return
    before = source.text[: source.text.index(bad)]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    sink.error("control-character", f"a control character (U+{ord(bad):04X}) in the text", source.span(line, column))
    raise _ParseStop


def _is_control(c: str) -> bool:
    """What no text needs; U+0085, U+2028 and U+2029 too, which are line breaks to YAML and to nobody else."""
    return (c < " " and c not in "\t\n\r") or "\x7f" <= c < "\xa0" or c in "\u2028\u2029"


def _entries_of(merged: list[Node]) -> Iterator[Entry]:
    """What merge keys would bring: they are refused, and nothing that follows from that is told."""
    for value in merged:
        for node in value.items if isinstance(value, Seq) else (value,):
            yield from node.entries if isinstance(node, Map) else ()


def _meant(name: str, alias: Span) -> tuple[Repair, ...]:
    """What may be meant in place of an alias: a param, or a pattern."""
    written = f"${name}", f'"*{name}"'
    words = f"read a param with `${name}`", f"put a pattern in quotes: `{written[1]}`"
    return tuple(Repair(said, (Edit(alias, text),)) for said, text in zip(words, written, strict=True))


class _Composer:
    """Builds nodes from events. An alias is the very node of its anchor, never a copy."""

    def __init__(self, source: Source, sink: Sink, draft: Draft | None = None) -> None:
        self.source = source
        self.draft = draft
        self.sink = sink
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.expressions: set[str] = set()
        self.expression_size = 0
        self.size = 0  # nodes, an alias counting as all that it stands for

    def document(self, text: str) -> Node | None:
        self.next: Callable[[], Any] = LOADER(text).get_event
        self.next()  # the stream's start
        if isinstance(self.next(), yaml.StreamEndEvent):
            self.sink.error("empty-spec", "the file is empty", self.source.span())
            return None
        node = self.node(self.next(), 0)
        self.next()  # the document's end
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            self.refuse(
                "several-documents", "a second YAML document starts here, but a file has one spec", self.span(event)
            )
            raise _ParseStop
        return node

    def span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        if self.draft is not None:
            return self.draft.span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        return Span(self.source, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def refuse(self, code: str, message: str, span: Span, label: str = "", **rest: object) -> None:
        self.sink.error(code, message, span, label, **rest)
        if self.sink.full:
            raise _ParseStop

    def node(self, event: Any, depth: int) -> Node:
        span = self.span(event)
        self.size += 1
        if self.size > MAX_NODES or depth > MAX_DEPTH:
            self.too_much(span)
        if event.anchor or type(event) is yaml.AliasEvent or event.tag:
            return self.with_properties(event, span, depth)
        return self.content(event, span, depth)

    def with_properties(self, event: Any, span: Span, depth: int) -> Node:
        """An alias, or a node with an anchor or a tag."""
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, span)
        if event.tag not in (None, "!") or (event.tag == "!" and not isinstance(event, yaml.ScalarEvent)):
            self.refuse("tag", "tags are not allowed: a spec is plain data", self.tag_span(span), help="remove the tag")
        before = self.size
        if event.anchor:
            self.anchors[event.anchor] = None
        node = self.content(event, span, depth)
        if event.anchor:
            self.anchors[event.anchor] = (node, self.size - before)
        return node

    def tag_span(self, span: Span) -> Span:
        """The tag's own word: an event with a tag starts at it."""
        word = WORD.match(self.source.line(span.line), span.column - 1)
        return self.source.span(span.line, span.column, len(word[0]) if word else 1)

    def too_much(self, span: Span) -> NoReturn:
        """Ends the reading at a value that is one too many, or too deep."""
        if self.size > MAX_NODES:
            self.refuse("too-large", f"the spec has more than {MAX_NODES:,} values, aliases included", span)
        else:
            self.refuse("too-deep", f"lists and mappings nest more than {MAX_DEPTH} levels deep", span)
        raise _ParseStop

    def alias(self, event: Any, span: Span) -> Node:
        found = self.anchors.get(event.anchor)
        if found is None:
            inside = event.anchor in self.anchors
            message = f"`*{event.anchor}` is inside its own anchor" if inside else f"no anchor `&{event.anchor}`"
            repairs = () if inside else _meant(event.anchor, span)
            help = ", or ".join(repair.words for repair in repairs)
            self.refuse("bad-alias", message, span, help=help, repairs=repairs)
            raise _ParseStop
        self.size += found[1]
        if self.size > MAX_NODES:
            self.too_much(span)
        return found[0]

    def content(self, event: Any, span: Span, depth: int) -> Node:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self.scalar(event, span)
        if kind is yaml.SequenceStartEvent:
            return self.sequence(event, span, depth)
        return self.mapping(event, span, depth)

    def scalar(self, event: Any, span: Span) -> Scalar:
        text = event.value
        if "$" in text:
            self.count_expression(text, span)
        if event.anchor or event.tag:
            span = self.behind_properties(span)
        if self.draft is not None and text == UNREAD and span.line in self.draft.unread:
            return Scalar(span, None, UNREAD)
        if event.style or event.tag == "!":
            return Scalar(span, text, text, plain=False)
        try:
            return Scalar(span, resolve(text), text)
        except ScalarError as error:
            self.refuse("bad-number", str(error), span)
            return Scalar(span, 1, text)  # which fits wherever a number does

    def count_expression(self, text: str, span: Span) -> None:
        """Reading an expression takes far longer than reading its text; one that was read is kept."""
        if text not in self.expressions:
            self.expressions.add(text)
            self.expression_size += len(text) + 16
            if self.expression_size > MAX_EXPRESSIONS:
                self.refuse("too-large", f"the spec has over {MAX_EXPRESSIONS:,} characters of expressions", span)
                raise _ParseStop

    def behind_properties(self, span: Span) -> Span:
        """The span of a scalar without the anchor and the tag in front of it."""
        match = PROPERTIES.match(self.source.line(span.line), span.column - 1)
        start = match.end() + 1 if match else span.column
        if span.line == span.end_line and start >= span.end_column:
            return span  # nothing behind them: an empty value
        return Span(span.source, span.line, start, span.end_line, span.end_column)

    def sequence(self, event: Any, span: Span, depth: int) -> Seq:
        items = []
        while type(child := self.next()) is not yaml.SequenceEndEvent:
            items.append(self.node(child, depth + 1))
        return Seq(span.to(self.span(child)), tuple(items), flow=bool(event.flow_style))

    def mapping(self, event: Any, span: Span, depth: int) -> Map:
        entries: dict[str, Entry] = {}
        merged: list[Node] = []
        while type(child := self.next()) is not yaml.MappingEndEvent:
            key = self.node(child, depth + 1)
            value = self.node(self.next(), depth + 1)
            if not isinstance(key, Scalar):
                self.refuse("bad-key", "a key must be a name, not a list or a mapping", key.span)
            elif self.key_is_sound(key, entries):
                entries[key.text] = Entry(key, value)
            elif key.text == "<<":
                merged.append(value)
        for entry in _entries_of(merged):
            entries.setdefault(entry.key.text, entry)
        return Map(span.to(self.span(child)), tuple(entries.values()), flow=bool(event.flow_style))

    def key_is_sound(self, key: Scalar, entries: dict[str, Entry]) -> bool:
        if key.text == "<<" and key.plain:
            help = "write the keys in place, or make them params of a block"
            self.refuse(
                "merge-key", "`<<` is a merge key of YAML 1.1, which YAML 1.2 does not have", key.span, help=help
            )
        elif key.text in entries:
            first = Label(entries[key.text].key.span, "first here")
            self.refuse("duplicate-key", f"the key `{key.text}` appears twice", key.span, "again here", labels=(first,))
        else:
            return True
        return False
