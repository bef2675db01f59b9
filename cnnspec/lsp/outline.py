"""OpenText symbols, folding, selection ranges, links and semantic tokens: what the tree alone tells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnnspec.engine.diagnostics import Source, Span
from cnnspec.engine.spec.bases import inside, split
from cnnspec.engine.spec.items import is_operation
from cnnspec.engine.spec.shipped import ENDINGS, find_shipped
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq
from cnnspec.lsp.documents import uri_of
from cnnspec.lsp.positions import Json, Position, contains, to_range, units
from cnnspec.lsp.symbols import Names

MODULE, CLASS, PROPERTY, VARIABLE, KEY, EVENT = 2, 5, 7, 13, 20, 24
SECTIONS = {
    "params": VARIABLE,
    "variants": EVENT,
    "blocks": CLASS,
    "aux": MODULE,
    "axes": VARIABLE,
    "outputs": VARIABLE,
}
TOKEN_TYPES = ("class", "type", "parameter", "variable", "enumMember", "property", "function", "keyword", "operator")
TOKEN_MODIFIERS = ("definition", "defaultLibrary")
TOKENS = {
    "layer": "class",
    "block": "type",
    "param": "parameter",
    "loop": "variable",
    "variant": "enumMember",
    "argument": "property",
    "id": "variable",
    "init": "function",
    "word": "keyword",
}
URL = re.compile(r"https?://[^\s'\"<>]+")


def end_of(node: Node) -> tuple[int, int]:
    """The place after the last character of a node; block collections end where the next one begins."""
    last = node
    while isinstance(last, Map | Seq) and not last.flow:
        inner = [entry.value for entry in last.entries] if isinstance(last, Map) else [*last.items]
        if not inner:
            break
        last = inner[-1]
        if isinstance(last, Scalar) and last.value is None and isinstance(node, Map):
            break
    return last.span.end_line, last.span.end_column


def whole(entry: Entry) -> Span:
    """An entry from its key to the end of its value."""
    key = entry.key.span
    line, column = max(end_of(entry.value), (key.end_line, key.end_column))
    return Span(key.source, key.line, key.column, line, column)


def symbols(top: Map | None) -> list[Json]:
    """The outline: sections, what they define, and lines with their ids."""
    return [_symbol(entry.key.text, KEY, whole(entry), entry.key.span, _inside(entry)) for entry in top or ()]


def _symbol(name: str, kind: int, span: Span, selection: Span, children: list[Json], detail: str = "") -> Json:
    found: Json = {"name": name or "?", "kind": kind, "range": to_range(span), "selectionRange": to_range(selection)}
    return found | ({"children": children} if children else {}) | ({"detail": detail} if detail else {})


def _inside(entry: Entry) -> list[Json]:
    name, value = entry.key.text, entry.value
    if name == "layers":
        return list(_lines(value))
    kind = SECTIONS.get(name)
    if kind is None or not isinstance(value, Map):
        return []
    return [_symbol(e.key.text, kind, whole(e), e.key.span, _definition(e.value)) for e in value]


def _definition(node: Node) -> list[Json]:
    """The params and lines of a block or of an aux head."""
    return (
        [child for entry in node if entry.key.text in ("params", "layers") for child in _inside(entry)]
        if (isinstance(node, Map))
        else []
    )


def _lines(node: Node) -> Iterator[Json]:
    for item in node.items if isinstance(node, Seq) else ():
        if isinstance(item, Scalar) and item.text:
            yield _symbol(item.text, MODULE, item.span, item.span, [])
        elif isinstance(item, Map) and (operation := next((e for e in item if is_operation(e.key.text)), None)):
            name = item.get("id")
            title = name.text if isinstance(name, Scalar) and name.text else operation.key.text
            first = item.entries[0].key.span
            line, column = end_of(item)
            span = Span(first.source, first.line, first.column, line, column)
            yield _symbol(title, MODULE, span, operation.key.span, list(_nested(operation.value)), operation.key.text)


def _nested(node: Node) -> Iterator[Json]:
    """The lines inside a scope, a group, or the paths of a join."""
    if isinstance(node, Seq):
        yield from _lines(node)
        for path in node.items:
            if isinstance(path, Seq):
                yield from _lines(path)
            elif (
                isinstance(path, Map)
                and isinstance(path.get("layers"), Seq)
                and not any(is_operation(e.key.text) and e.key.text != "layers" for e in path)
            ):
                yield from _lines(path.get("layers") or path)


def folding(source: Source, top: Map | None) -> list[Json]:
    """What can be folded: mappings and lists over several lines, and runs of comments."""
    found = dict.fromkeys(_folds(top)) if top else {}
    ranges: list[Json] = [{"startLine": first - 1, "endLine": last - 1} for first, last in sorted(found)]
    start = 0
    for number, text in enumerate([*source.lines, ""], 1):
        is_comment = text.lstrip().startswith("#")
        if is_comment and not start:
            start = number
        elif not is_comment and start:
            if number - start > 1:
                ranges.append({"startLine": start - 1, "endLine": number - 2, "kind": "comment"})
            start = 0
    return ranges


def _folds(node: Node) -> Iterator[tuple[int, int]]:
    if isinstance(node, Seq):
        for item in node.items:
            line = end_of(item)[0]
            if line > item.span.line and isinstance(item, Map):
                yield item.span.line, line
            yield from _folds(item)
    elif isinstance(node, Map):
        for entry in node:
            line = end_of(entry.value)[0]
            if line > entry.key.span.line:
                yield entry.key.span.line, line
            yield from _folds(entry.value)


def selection(top: Map | None, at: Position) -> Json:
    """The ranges around a place, from the word outwards."""
    spans = list(_around(top, at)) if top else []
    found: Json | None = None
    for span in spans:
        found = {"range": to_range(span)} | ({"parent": found} if found else {})
    return found or {"range": {"start": _point(at), "end": _point(at)}}


def _point(at: Position) -> Json:
    return {"line": at.line - 1, "character": at.column - 1}


def _around(node: Node, at: Position) -> Iterator[Span]:
    """The spans that hold a place, outer ones first."""
    line, column = end_of(node)
    span = Span(node.span.source, node.span.line, node.span.column, line, column)
    if not contains(span, at):
        return
    yield span
    for part in node.items if isinstance(node, Seq) else ():
        yield from _around(part, at)
    for entry in node.entries if isinstance(node, Map) else ():
        if contains(whole(entry), at):
            if whole(entry) != span:
                yield whole(entry)
            yield from _around(entry.key if contains(entry.key.span, at) else entry.value, at)


def links(source: Source, top: Map | None) -> list[Json]:
    """Addresses, and the files that a text names."""
    found = []
    for number, text in enumerate(source.lines, 1):
        for match in URL.finditer(text) if "://" in text else ():
            address = match[0].rstrip(".,;)")
            found.append({"range": to_range(source.span(number, match.start() + 1, len(address))), "target": address})
    for key in ("extends", "spec", "recipe"):
        node = top.get(key) if top else None
        if isinstance(node, Scalar) and (target := _file(source, node, key)):
            found.append({"range": to_range(node.span), "target": target})
    return found


def _file(source: Source, node: Scalar, key: str) -> str | None:
    """The file that a name leads to."""
    name = split(node.text)[0]
    if name.endswith(ENDINGS):
        path = inside(source.path, name) if source.path else None
    elif key == "recipe":
        from cnnspec.engine.zoo import recipe_files

        path = recipe_files().get(name)
    else:
        shipped = find_shipped(name)
        path = shipped.path if shipped else None
    return uri_of(path) if path is not None and path.is_file() else None


def tokens(names: Names) -> list[int]:
    """Semantic tokens: five numbers each, relative to the one before."""
    data: list[int] = []
    line = column = 0
    end = (0, 0)
    for found in names.occurrences:
        span = found.span
        if span.line != span.end_line or (span.line, span.column) < end:
            continue
        start = units(span.source.line(span.line)[: span.column - 1])
        length = units(span.text)
        kind = TOKEN_TYPES.index(TOKENS[found.symbol.kind])
        modifiers = int(found.is_definition) | (2 if found.symbol.kind in ("layer", "init") else 0)
        data += [span.line - 1 - line, start - (column if span.line - 1 == line else 0), length, kind, modifiers]
        line, column, end = span.line - 1, start, (span.line, span.end_column)
    return data
