"""Text -> Node tree, composed from YAML's events so that depth and size are bounded before anything is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from cnnspec.diagnostics import Diagnostic, Frame, Label, Sink, Source, Span
from cnnspec.syntax.nodes import Entry, Map, Node, Scalar, Seq
from cnnspec.syntax.scalars import ScalarError, resolve

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 64
MAX_NODES = 500_000
LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)  # only its parser is used: nothing is constructed


class _Stop(Exception):
    """The text cannot be read on; the reason is in the sink."""


def parse(source: Source, sink: Sink) -> Node | None:
    """The text's one document, or None where it cannot be read. What is wrong goes to the sink.

    A tag, a duplicate key or a number out of bounds is reported and reading goes on; broken YAML, a text
    of over a million characters or of more than 64 levels ends it.
    """
    try:
        _check_characters(source, sink)
        return _Composer(source, sink).document()
    except _Stop:
        return None
    except yaml.YAMLError as error:
        sink.add(_yaml_error(source, error))
        return None


def _check_characters(source: Source, sink: Sink) -> None:
    if len(source.text) > MAX_CHARACTERS:
        message = f"a spec of {len(source.text):,} characters is too large; {MAX_CHARACTERS:,} are read"
        sink.error("too-large", message, source.span())
        raise _Stop
    bad = next((c for c in set(source.text) if _is_control(c)), None)
    if bad is None:
        return
    before = source.text[: source.text.index(bad)]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    sink.error("control-character", f"a control character (U+{ord(bad):04X}) in the text", source.span(line, column))
    raise _Stop


def _is_control(c: str) -> bool:
    """What no text needs; U+0085, U+2028 and U+2029 too, which are line breaks to YAML and to nobody else."""
    return (c < " " and c not in "\t\n\r") or "\x7f" <= c < "\xa0" or c in "\u2028\u2029"


class _Composer:
    """Builds nodes from events. An alias is the very node of its anchor, never a copy."""

    def __init__(self, source: Source, sink: Sink) -> None:
        self.source = source
        self.sink = sink
        self.events: Iterator[Any] = yaml.parse(source.text, Loader=LOADER)
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.size = 0  # nodes, an alias counting as all that it stands for

    def document(self) -> Node | None:
        next(self.events)  # the stream's start
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self.sink.error("empty-spec", "the file holds no spec", self.source.span())
            return None
        node = self.node(next(self.events), 0)
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.refuse("several-documents", "a spec is one document, and a second one starts here", self.span(event))
            raise _Stop
        return node

    def span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(self.source, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def refuse(self, code: str, message: str, span: Span, label: str = "", **rest: object) -> None:
        self.sink.error(code, message, span, label, **rest)

    def node(self, event: Any, depth: int) -> Node:
        span = self.span(event)
        self.grow(1, span)
        if depth > MAX_DEPTH:
            self.refuse("too-deep", f"lists and mappings nest more than {MAX_DEPTH} levels deep", span)
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, span)
        if event.tag not in (None, "!") or (event.tag == "!" and not isinstance(event, yaml.ScalarEvent)):
            self.refuse("tag", "a spec is plain data and has no tags", self.tag_span(span), help="remove the tag")
        before = self.size
        if event.anchor:
            self.anchors[event.anchor] = None
        node = self.content(event, span, depth)
        if event.anchor:
            self.anchors[event.anchor] = (node, self.size - before)
        return node

    def tag_span(self, span: Span) -> Span:
        """The tag's own word: an event with a tag starts at it."""
        word = self.source.line(span.line)[span.column - 1 :].split()
        return self.source.span(span.line, span.column, len(word[0]) if word else 1)

    def grow(self, nodes: int, span: Span) -> None:
        self.size += nodes
        if self.size > MAX_NODES:
            self.refuse("too-large", f"the spec has more than {MAX_NODES:,} values, aliases written out", span)
            raise _Stop

    def alias(self, event: Any, span: Span) -> Node:
        found = self.anchors.get(event.anchor)
        if found is None:
            inside = event.anchor in self.anchors
            message = f"`*{event.anchor}` stands inside its own anchor" if inside else f"no anchor `&{event.anchor}`"
            self.refuse("bad-alias", message, span)
            raise _Stop
        self.grow(found[1], span)
        return found[0]

    def content(self, event: Any, span: Span, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, span)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, span, depth)
        return self.mapping(event, span, depth)

    def scalar(self, event: Any, span: Span) -> Scalar:
        plain = event.style in (None, "")
        if not plain or event.tag == "!":
            return Scalar(span, event.value, event.value, plain=False)
        try:
            return Scalar(span, resolve(event.value), event.value)
        except ScalarError as error:
            self.refuse("bad-number", str(error), span)
            return Scalar(span, 0, event.value)

    def sequence(self, event: Any, span: Span, depth: int) -> Seq:
        items = []
        while not isinstance(child := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(child, depth + 1))
        return Seq(span.to(self.span(child)), tuple(items), flow=bool(event.flow_style))

    def mapping(self, event: Any, span: Span, depth: int) -> Map:
        entries: dict[str, Entry] = {}
        while not isinstance(child := next(self.events), yaml.MappingEndEvent):
            key = self.node(child, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if self.key_is_sound(key, entries):
                assert isinstance(key, Scalar)
                entries[key.text] = Entry(key, value)
        return Map(span.to(self.span(child)), tuple(entries.values()), flow=bool(event.flow_style))

    def key_is_sound(self, key: Node, entries: dict[str, Entry]) -> bool:
        if not isinstance(key, Scalar):
            self.refuse("bad-key", "a key is a word, not a list or a mapping", key.span)
        elif key.text == "<<" and key.plain:
            help = "write the settings out, or make them a block's params"
            self.refuse(
                "merge-key", "`<<` merges mappings in YAML 1.1 and is not part of YAML 1.2", key.span, help=help
            )
        elif key.text in entries:
            first = Label(entries[key.text].key.span, "first here")
            self.refuse("duplicate-key", f"`{key.text}` is written twice", key.span, "again here", labels=(first,))
        else:
            return True
        return False


def _yaml_error(source: Source, error: yaml.YAMLError) -> Diagnostic:
    mark = getattr(error, "problem_mark", None)
    problem = (getattr(error, "problem", None) or str(error)).split("\n")[0]
    if mark is None:
        return Diagnostic("yaml-syntax", f"not YAML: {problem}", Label(source.span()))
    line, column = _within(source, mark.line + 1, mark.column + 1)
    text = source.line(line)
    labels = _context(source, error, line)
    place = source.span(line, column)
    if "\t" in text[: max(column, len(text) - len(text.lstrip()))]:
        tab = source.span(line, text.index("\t") + 1)
        return Diagnostic("yaml-syntax", "a tab where YAML wants spaces", Label(tab), help="indent with spaces")
    help = _hint(text, problem)
    return Diagnostic("yaml-syntax", f"not YAML: {problem}", Label(place), labels, help=help, trace=Frame(""))


def _within(source: Source, line: int, column: int) -> tuple[int, int]:
    """A mark past the end of the text, moved back onto its last character."""
    if line <= len(source.lines) and source.line(line).strip():
        return line, column
    line = min(line, len(source.lines))
    while line > 1 and not source.line(line).strip():
        line -= 1
    return line, len(source.line(line)) + 1


def _context(source: Source, error: yaml.YAMLError, line: int) -> tuple[Label, ...]:
    mark, context = getattr(error, "context_mark", None), getattr(error, "context", None)
    if mark is None or not context or mark.line + 1 == line:
        return ()
    return (Label(source.span(*_within(source, mark.line + 1, mark.column + 1)), context),)


def _hint(line: str, problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "a line that has words below it ends in a colon, such as `- ReLU:`; a text with `: ` in it is quoted"
    if "$(" in line:
        return 'an expression with a comma or a square bracket is quoted: "$(depths[0])"'
    if line.count("{") != line.count("}") or line.count("[") != line.count("]"):
        return "count the brackets of this line"
    return ""
