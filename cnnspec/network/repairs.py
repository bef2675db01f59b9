"""Settings that may mend a line, as edits of its text."""

from __future__ import annotations

from typing import Any

from cnnspec.diagnostics import Edit, Repair, Span
from cnnspec.spec import Item
from cnnspec.spec.arguments import holds_expression
from cnnspec.syntax import Map, Scalar


def repairs(item: Item, tries: tuple[tuple[str, dict[str, Any]], ...]) -> tuple[Repair, ...]:
    """One candidate a try. Lines of the package's own blocks cannot be edited and get none."""
    if item.span.source.shipped:
        return ()
    return tuple(
        Repair(words, tuple(set_argument(item, n, v) for n, v in values.items()))
        for words, values in tries
        if not any(_computed(item, name) for name in values)
    )


def _computed(item: Item, name: str) -> bool:
    """Whether an argument is an expression: a number in its place would undo a param."""
    entry = item.args.entry(name) if item.args else None
    return entry is not None and holds_expression(entry.value)


def set_argument(item: Item, name: str, value: Any) -> Edit:
    """The edit that gives an argument of a line a value, whichever way the line is written."""
    text = _yaml(value)
    entry = item.args.entry(name) if item.args else None
    if entry:
        return Edit(entry.value.span, text)
    if isinstance(item.node, Scalar):
        return Edit(_after(item.op.span), f": {{{name}: {text}}}")
    if item.args is None:
        return _fill_empty(item, f"{{{name}: {text}}}")
    return _insert(item.args, name, text)


def _insert(args: Map, name: str, text: str) -> Edit:
    if args.flow:
        inside = Span(args.span.source, args.span.line, args.span.column + 1, args.span.line, args.span.column + 1)
        return Edit(inside, f"{name}: {text}, " if args.entries else f"{name}: {text}")
    first = args.entries[0].key.span
    at = Span(first.source, first.line, first.column, first.line, first.column)
    return Edit(at, f"{name}: {text}\n{' ' * (first.column - 1)}")


def _fill_empty(item: Item, text: str) -> Edit:
    end = item.op.span
    at = Span(end.source, end.end_line, end.end_column + 1, end.end_line, end.end_column + 1)
    return Edit(at, f" {text}")


def _after(span: Span) -> Span:
    return Span(span.source, span.end_line, span.end_column, span.end_line, span.end_column)


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    return str(value)
