"""Settings that come from outside of a file: flags of the command line over a recipe, and values of Python.

    --set optimizer.SGD.lr=0.1    the optimizer SGD, with this rate; other arguments stay where it is SGD already
    --set optimizer.lr=0.1        the rate of whichever optimizer there is
    --set warmup=null             none

They are put into the tree before it is read, so that they are checked by the same rules; what is wrong is a UsageError
that names the flag, for a file that is sound by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Sink, Source, Span, UsageError
from cnnspec.engine.recipe.model import VERSION, Recipe
from cnnspec.engine.recipe.operations import FAMILIES
from cnnspec.engine.recipe.read import KEYS, MARK, resolve
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, parse

DEPTH = 3  # parts of the longest path
FORM = "for example epochs=20, optimizer.lr=0.001 or optimizer.SGD.momentum=0.9"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what to call it in messages, its path in a recipe, and its value as a recipe writes it."""

    flag: str
    path: str
    text: str


def belongs(path: str) -> bool:
    """Whether a `--set` is of the recipe: a path with dots, or a key of recipes; all others are params of the spec."""
    return "." in path or path in KEYS


def with_settings(top: Map, settings: Sequence[Setting]) -> Recipe:
    """The recipe of a sound tree with settings on top. Raises UsageError for those that are wrong."""
    found = settled(top, settings)
    if isinstance(found, Recipe):
        return found
    raise _refusal(found, top.span.source)


def settled(top: Map, settings: Sequence[Setting]) -> Recipe | tuple[Diagnostic, ...]:
    """The same, with what is wrong as values. Raises UsageError for a setting that is none."""
    sink = Sink()
    for setting in settings:
        top = _with(top, setting)
    return resolve(top, top.span.source, sink) or sink.in_order()


def from_values(given: Mapping[str, Any]) -> Recipe:
    """The recipe of values as YAML holds them. Raises UsageError."""
    text = json.dumps({MARK: VERSION, **given}, default=str, ensure_ascii=False)
    source, sink = Source("the recipe", text), Sink()
    top = parse(source, sink)
    recipe = resolve(top, source, sink) if top is not None else None
    if recipe is None or len(sink):
        raise _refusal(sink.in_order(), source)
    return recipe


Recipe.read_values = from_values


def tree_of(recipe: Recipe) -> Map:
    """A recipe as a tree, for settings on top of it."""
    top = parse(Source("the recipe", json.dumps({MARK: VERSION, **recipe.as_data()}, ensure_ascii=False)), Sink())
    assert isinstance(top, Map)
    return top


def empty() -> Map:
    """The tree of a recipe that states nothing."""
    top = parse(Source("the defaults", f"{MARK}: {VERSION}\n"), Sink())
    assert isinstance(top, Map)
    return top


def _refusal(found: Sequence[Diagnostic], own: Source) -> UsageError:
    """What is wrong in one line, each part under the flag that it came by."""
    said = [d.message if d.span.source is own else f"{d.span.source.name}: {d.message}" for d in found]
    help = [d.primary.text if "did you mean" in d.primary.text else d.help for d in found]
    return UsageError("; ".join(said), "\n".join(dict.fromkeys(filter(None, help))))


def _with(top: Map, setting: Setting) -> Map:
    source, sink = Source(setting.flag, f"{setting.path}: {setting.text}"), Sink()
    line = parse(source, sink)
    if len(sink):
        raise _refusal(sink.in_order(), top.span.source)
    parts = setting.path.split(".")
    entry = line.entry(setting.path) if isinstance(line, Map) else None
    if entry is None or not all(parts) or len(parts) > DEPTH:
        raise UsageError(f"{setting.flag}: a setting is one to {DEPTH} names with dots between them", FORM)
    return _put(top, parts, entry.value, entry.key.span)


def _put(tree: Map, path: Sequence[str], value: Node, at: Span) -> Map:
    """The tree with a value at a path; what is not there is made, and said to stand at a flag."""
    first, *rest = path
    inner = tree.get(first)
    if rest and first in FAMILIES:
        value = _put_operation(inner, first, rest, value, at)
    elif rest:
        value = _put(inner if isinstance(inner, Map) else Map(at, (), flow=True), rest, value, at)
    return _entered(tree, first, value, at)


def _put_operation(node: Node | None, family: str, path: Sequence[str], value: Node, at: Span) -> Node:
    """`optimizer.SGD.lr`, `optimizer.lr`, `scheduler.per`."""
    beside = FAMILIES[family].beside
    name, *rest = path
    current = _operation(node, beside) or _default(family, at)
    if name in beside:
        return _entered(_called(node, current, at), name, value, at)
    if not name[:1].isupper() and current:
        name, rest = current.key.text, [name, *rest]
    same = current is not None and current.key.text == name
    arguments = current.value if current and same and isinstance(current.value, Map) else Map(at, (), flow=True)
    kept = tuple(entry for entry in node if entry.key.text in beside) if isinstance(node, Map) and same else ()
    inner = _put(arguments, rest, value, at) if rest else value
    return Map(at, (Entry(_word(name, at), inner), *kept), flow=True)


def _operation(node: Node | None, beside: Sequence[str]) -> Entry | None:
    """The operation of a tree as an entry, whichever way it is written."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Entry(node, Map(node.span, (), flow=True))
    entries = [entry for entry in node if entry.key.text not in beside] if isinstance(node, Map) else []
    return entries[0] if len(entries) == 1 else None


def _default(family: str, at: Span) -> Entry | None:
    """The operation that a recipe has where it states none."""
    default = Recipe.model_fields[family].default
    return Entry(_word(type(default).__name__, at), Map(at, (), flow=True)) if default is not None else None


def _called(node: Node | None, current: Entry | None, at: Span) -> Map:
    """An operation as a mapping, which has room for a word beside it."""
    return node if isinstance(node, Map) else Map(at, (current,) if current else (), flow=True)


def _word(text: str, at: Span) -> Scalar:
    return Scalar(at, text, text)


def _entered(tree: Map, name: str, value: Node, at: Span) -> Map:
    """The mapping with one entry replaced, or added at its end."""
    new = Entry(_word(name, at), value)
    if tree.entry(name) is None:
        return replace(tree, entries=(*tree.entries, new))
    return replace(tree, entries=tuple(new if entry.key.text == name else entry for entry in tree))
