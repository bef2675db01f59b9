"""Joins whose paths are written as something else: ids in place of lists, `from` among the paths, a path left out."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Span, listing
from cnnspec.engine.spec.frameworks import YamlLine, replacing, text_of
from cnnspec.engine.spec.layout import as_chain, dash_before, first_span
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq, shown

SOURCES = ("from", "inputs", "input", "sources")
INPUT = frozenset({"prev", "x", "identity", "skip", "shortcut", "residual", "self", "none"})
PATHS = "a path is a list of lines: start its first line with `- - `"


def sources_inside(key: Scalar, value: Map, node: Map) -> Diagnostic | None:
    """``Concat: {from: [a, b]}``: what stands beside a join, among its paths."""
    entry = next((entry for name in SOURCES if (entry := value.entry(name))), None)
    if entry is None or (entry.key.text != "from" and not _is_ids(entry.value)):
        return None
    ids = text_of(entry.value)
    message = f"`from` goes next to `{key.text}:`, not inside it"
    alone = len(value.entries) == 1 and ids is not None
    others = [other for other in node if other.key is not key]
    repair = _beside(key, ids, node, others) if alone and ids is not None else None
    help = f"put `from` on its own line, aligned with `{key.text}:`"
    repairs = (repair,) if repair else ()
    return Diagnostic("unknown-argument", message, Label(entry.key.span), help=help, repairs=repairs)


def _is_ids(node: Node) -> bool:
    items = node.items if isinstance(node, Seq) else (node,)
    return bool(items) and all(isinstance(item, Scalar) and _is_id(item) for item in items)


def _is_id(node: Scalar) -> bool:
    return isinstance(node.value, str) and not node.text[:1].isupper()


def _beside(key: Scalar, ids: str, node: Map, others: Sequence[Entry]) -> Repair | None:
    """The join in one line and `from` in the next."""
    kept = [(entry.key.text, text_of(entry.value)) for entry in others]
    if any(text is None or word == "from" for word, text in kept):
        return None
    words = {"from": ids, **{word: text for word, text in kept if text is not None}}
    return replacing(node, [YamlLine(key.text, {}, words)])


def nothing_beside_from(key: Scalar, value: Node, node: Map) -> Diagnostic | None:
    """``Add: {}`` with `from`, as lines of layers without arguments are written."""
    held = value.items if isinstance(value, Seq) else value.entries if isinstance(value, Map) else key
    if held or node.entry("from") is None:
        return None
    words = {entry.key.text: text_of(entry.value) for entry in node if entry.key is not key}
    whole = {word: text for word, text in words.items() if text is not None}
    repair = replacing(node, [YamlLine(key.text, {}, whole)]) if len(whole) == len(words) else None
    message = f"`{key.text}` with `from` cannot have paths"
    help = f"write `{key.text}:`, with nothing after it"
    return Diagnostic("wrong-type", message, Label(value.span), help=help, repairs=(repair,) if repair else ())


def ids_as_paths(key: Scalar, value: Node, node: Map) -> Diagnostic | None:
    """``Add: [prev, conv1]`` and ``Add: conv1``: ids where lists of layers belong."""
    items = value.items if isinstance(value, Seq) else (value,)
    if not items or not all(isinstance(item, Scalar) and item.value is not None for item in items):
        return None
    scalars = [item for item in items if isinstance(item, Scalar)]
    if any(type(item.value) is int for item in scalars) and (len(scalars) > 1 or isinstance(value, Seq)):
        return _by_number(key, value)
    if not all(_is_id(item) for item in scalars):
        return None
    names = [item.text for item in scalars]
    if len(names) == 1:
        names = ["prev", *names] if names != ["prev"] else names
    ids = f"[{', '.join(names)}]"
    repair = _beside(key, ids, node, [entry for entry in node if entry.key is not key])
    are = "are ids" if len(scalars) > 1 else "is an id"
    message = (
        f"{listing([f'`{item.text}`' for item in scalars[:8]])} {are}; the paths of `{key.text}` are lists of layers"
    )
    help = f"join lines by their ids: write `{key.text}:` with `from: {ids}` below it"
    place = value.span if value.span.line == value.span.end_line else key.span
    return Diagnostic("wrong-type", message, Label(place), help=help, repairs=(repair,) if repair else ())


def _by_number(key: Scalar, value: Node) -> Diagnostic:
    """``Concat: [-1, 6]``, which other frameworks count."""
    message = f"`{key.text}` takes the ids of lines, not numbers"
    help = (
        f"write `{key.text}:` with `from: [prev, ID]` below it: `prev` is the line above, "
        "and each other line gets an `id`"
    )
    return Diagnostic("wrong-type", message, Label(value.span), help=help)


def no_path(node: Node, name: Scalar | None, join: str) -> Diagnostic:
    """What is no path of a join."""
    if isinstance(node, Scalar) and node.value is None:
        return _missing(node, name)
    span = name.span if name else first_span(node)
    message = f"a path must be a list of lines, not {shown(node)}"
    if isinstance(node, Scalar) and _is_id(node):
        return _named(node, span, join)
    return Diagnostic("wrong-type", message, Label(span), help=PATHS, repairs=as_chain(node))


def _missing(node: Scalar, name: Scalar | None) -> Diagnostic:
    """A dash, or a name, with nothing after it."""
    written = f"{name.text}: []" if name else "- []"
    span = name.span if name else dash_before(node)
    if node.text:
        edit = Edit(node.span, "[]")
    else:
        at = Span(span.source, span.line, span.end_column + bool(name), span.line, span.end_column + bool(name))
        edit = Edit(at, " []")
    message = "this path is empty" if node.text else f"a path is missing after this `{'-' if not name else name.text}`"
    help = f"write `{written}`: a path without layers passes the input through"
    return Diagnostic("wrong-type", message, Label(span), repairs=(Repair(help, (edit,)),), help=help)


def _named(node: Scalar, span: Span, join: str) -> Diagnostic:
    """``- x`` or ``- conv1`` in place of a path: the input, or another line."""
    name = node.text
    if name.casefold() in INPUT:
        help = "write `[]`: a path without layers passes the input through"
        repair = Repair(help, (Edit(node.span, "[]"),))
    else:
        inside = f"[{{Identity: null, from: {name}}}]"
        help = f"write `{inside}`: a path that takes the line `{name}`"
        repair = Repair(help, (Edit(node.span, inside),))
    message = f"a path of `{join}` must be a list of lines, not {shown(node)}"
    return Diagnostic("wrong-type", message, Label(span), help=help, repairs=(repair,))
