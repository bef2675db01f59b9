"""Repairs of a spec's text, as edits of its nodes: a word that was meant, arguments given by name, words moved."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from cnnspec.engine.diagnostics import Edit, Repair, Span, nearest
from cnnspec.engine.layers import Layer
from cnnspec.engine.spec.model import Item
from cnnspec.engine.syntax import Entry, Map, Node, Scalar, Seq

Repairs = tuple[Repair, ...]


def rename(span: Span, word: str | None) -> Repairs:
    """The word that was meant in place of a misspelt one; nothing where none is near."""
    return (Repair(f"write `{word}`", (Edit(span, word),)),) if word else ()


def respell(span: Span, word: str, known: Collection[str]) -> Repairs:
    """The nearest of the known words in place of a misspelt one."""
    return rename(span, nearest(word, known))


def written(node: Node) -> str:
    """A node as it stands in the text."""
    return node.span.text


def insertion(span: Span, text: str) -> Edit:
    """An edit in front of a span."""
    return Edit(Span(span.source, span.line, span.column, span.line, span.column), text)


def after(span: Span) -> Span:
    """The empty span behind another."""
    return Span(span.source, span.end_line, span.end_column, span.end_line, span.end_column)


def positional(node: Node) -> list[str] | None:
    """Values that are given by position: ``[16, 3]``, ``{16, 3}``, ``10``; None where they are not."""
    match node:
        case Scalar() if node.value is not None:
            return [written(node)]
        case Seq() if node.items and all(isinstance(item, Scalar) for item in node.items):
            return [written(item) for item in node.items]
        case Map() if node.entries and node.flow and all(_lone(entry) for entry in node):
            return [written(entry.key) for entry in node]
    return None


def _lone(entry: Entry) -> bool:
    """Whether a mapping's entry is a value without a key, such as the 16 of ``{16, 3}``."""
    value = entry.value
    name = re.split("[:=]", entry.key.text)[0]
    return isinstance(value, Scalar) and value.value is None and not value.text and not name.isidentifier()


def by_name(name: str, node: Node, model: type[BaseModel] | None) -> Repairs:
    """The values of ``node`` under the names of the arguments of a layer or function, in torch's order."""
    text = named(positional(node) or [], model)
    return (Repair(f"write `{name}: {text}`", (Edit(node.span, text),)),) if text else ()


def positional_text(arguments: str, model: type[BaseModel]) -> str:
    """Arguments as Python writes them, ``3, 16, stride=2``, as a mapping; nothing where they are not plain."""
    parts = [part.strip() for part in arguments.split(",")] if arguments else []
    if any(not re.fullmatch(r"(\w+ *= *)?[\w.'\"-]+", part) for part in parts):
        return ""
    values = [part for part in parts if "=" not in part]
    pairs = [re.split(r" *= *", part) for part in parts if "=" in part]
    text = named(values, model, [key for key, _ in pairs]) if values else "{}"
    if not text or any(key not in model.model_fields for key, _ in pairs):
        return ""
    more = ", ".join(f"{key}: {_word(value)}" for key, value in pairs if key not in infers(model))
    return "{" + ", ".join(filter(None, [text[1:-1], more])) + "}"


def _word(value: str) -> str:
    return {"True": "true", "False": "false", "None": "null"}.get(value, value)


def infers(model: type[BaseModel]) -> tuple[str, ...]:
    """The arguments of a layer that follow from its input; a function of `init` has none."""
    return model.infers if issubclass(model, Layer) else ()


def named(values: Sequence[str], model: type[BaseModel] | None, stated: Collection[str] = ()) -> str:
    """Return ``{out_channels: 16, kernel_size: 3}`` for values in torch's order, without inferred arguments.

    More values than are required, ``stated`` ones aside, are taken to begin with the inferred one, as torch's do.
    """
    if model is None:
        return ""
    fields = model.model_fields
    own = [field for field in fields if field not in infers(model)]
    many = len(values) > sum(field.is_required() and name not in stated for name, field in fields.items())
    names = own
    if many and issubclass(model, Layer):
        names = [*dict.fromkeys((*model.positional, *model.infers, *own))]
    if not values or len(values) > len(names):
        return ""
    pairs = [(n, _word(v)) for n, v in zip(names, values, strict=False) if n not in infers(model)]
    return "{" + ", ".join(f"{n}: {v}" for n, v in pairs) + "}"


def as_list(node: Node, texts: Iterable[str]) -> Repairs:
    """``[3, 3]`` for what Python would write in round brackets."""
    text = f"[{', '.join(texts)}]"
    return (Repair(f"write `{text}`", (Edit(node.span, text),)),)


def beside(item: Item, entry: Entry) -> Repairs:
    """A word moved from among an item's arguments to a line of its own beside the operation."""
    if item.args is None or not isinstance(entry.value, Scalar | Seq):
        return ()
    text = f"{entry.key.text}: {written(entry.value)}"
    line = f"\n{' ' * (item.span.column - 1)}{text}"
    words = f"write `{text}` in line with `{item.name}:`"
    if not item.args.flow:
        indent = Span(entry.key.span.source, entry.key.span.line, 1, entry.key.span.line, entry.key.span.column)
        return (Repair(words, (Edit(indent, " " * (item.span.column - 1)),)),) if len(item.args.entries) == 1 else ()
    behind = after(item.args.span)
    rest = behind.source.line(behind.line)[behind.column - 1 :]
    if rest.strip() and not rest.lstrip().startswith("#"):
        return ()
    return (Repair(words, (Edit(_with_comma(item.args, entry), ""), Edit(behind, line))),)


def without(item: Item, name: str) -> Edit | None:
    """The edit that takes an argument out of a line; None where it stands in a line of its own."""
    entry = item.args.entry(name) if item.args is not None and item.args.flow else None
    return Edit(_with_comma(item.args, entry), "") if item.args is not None and entry is not None else None


def _with_comma(args: Map, entry: Entry) -> Span:
    """An entry of a mapping in braces together with the comma that parts it from its neighbour."""
    number = args.entries.index(entry)
    whole = entry.key.span.to(entry.value.span)
    if number:
        before = after(args.entries[number - 1].value.span)
        return before.to(whole)
    if len(args.entries) == 1:
        return whole
    following = args.entries[1].key.span
    return Span(whole.source, whole.line, whole.column, following.line, following.column)


def indented(entries: Sequence[Entry], by: int = 2) -> Edit | None:
    """The lines of some entries further in; None where they share a line with anything before them."""
    first, last = entries[0].key.span, entries[-1].value.span
    source = first.source
    if source.line(first.line)[: first.column - 1].strip():
        return None
    end = max(last.end_line, last.line) if last.end_column > 1 else last.end_line - 1
    lines = [source.line(number) for number in range(first.line, end + 1)]
    span = Span(source, first.line, 1, end, len(lines[-1]) + 1)
    return Edit(span, "\n".join(" " * by + line if line.strip() else line for line in lines))


def line_before(item: Item, text: str) -> Edit | None:
    """A line before another of the same list; None where the list is laid out in an unusual way."""
    span = item.node.span
    before = span.source.line(span.line)[: span.column - 1]
    if not before.strip("- "):
        return insertion(span, f"{text}\n{' ' * before.rfind('-')}- ")
    return insertion(span, f"{text}, ") if before.rstrip()[-1:] in "[," else None


def set_argument(item: Item, name: str, value: Any) -> Edit:
    """The edit that gives an argument of a line a value, whichever way the line is written."""
    text = _yaml(value)
    entry = item.args.entry(name) if item.args else None
    if entry:
        return Edit(entry.value.span, text)
    if isinstance(item.node, Scalar):
        return Edit(after(item.op.span), f": {{{name}: {text}}}")
    if item.args is None:
        return _fill_empty(item, f"{{{name}: {text}}}")
    return _insert(item.args, name, text)


def _insert(args: Map, name: str, text: str) -> Edit:
    """One more argument: behind the others in braces, before them where each has a line, whose comments stay put."""
    if not args.flow:
        first = args.entries[0].key.span
        return insertion(first, f"{name}: {text}\n{' ' * (first.column - 1)}")
    if args.entries and args.entries[-1].value.span.text.strip():
        return Edit(after(args.entries[-1].value.span), f", {name}: {text}")
    inside = Span(args.span.source, args.span.line, args.span.column + 1, args.span.line, args.span.column + 1)
    return Edit(inside, f"{name}: {text}, " if args.entries else f"{name}: {text}")


def _fill_empty(item: Item, text: str) -> Edit:
    end = item.op.span
    at = Span(end.source, end.end_line, end.end_column + 1, end.end_line, end.end_column + 1)
    return Edit(at, f" {text}")


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    return str(value)
