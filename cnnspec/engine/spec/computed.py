"""Defaults that are computed: `q: $(w * 2)` lacks its type, and may read a param that stands below it."""

from __future__ import annotations

from collections.abc import Collection

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Span, listing
from cnnspec.engine.spec import arguments as args
from cnnspec.engine.spec.arguments import BadValue
from cnnspec.engine.spec.types import ParamType
from cnnspec.engine.syntax import Entry, ExpressionError, Map, Node, Scalar, Value, template


def is_long_form(node: Map) -> bool:
    """Whether a mapping declares a param, and is not a layer with its arguments."""
    return not (len(node.entries) == 1 and node.entries[0].key.text[:1].isupper())


def literal_type(node: Node, layers: Collection[str]) -> ParamType | None:
    """The type that a default gives to its param; None for an expression, and for what is no value."""
    if args.holds_expression(node):
        return None
    try:
        return ParamType.of(args.value(node, {}), layers)
    except BadValue:
        return None


def computed_default(entry: Entry, section: Map, layers: Collection[str]) -> Diagnostic | None:
    """An expression in the place of a default, with the declaration that has its type and stands where it can.

    None for a default that is no expression.
    """
    if not isinstance(entry.value, Scalar) or not args.holds_expression(entry.value):
        return None
    try:
        names = found.names if (found := template(entry.value.text)) else set()
    except ExpressionError as error:
        return args.at(entry.value, error).diagnostic()
    name, text = entry.key.text, _in_braces(entry.value)
    values = _literals(section)
    declared = f"{{type: {_type(entry.value, values, layers)}, default: {text}}}"
    later = section.entries[section.entries.index(entry) + 1 :]
    below = [other for other in later if other.key.text in names]
    message = f"`{name}` needs a type, because its default is computed"
    labels = tuple(Label(param.key.span, "it is here") for param in below)
    words = f"write `{name}: {declared}`"
    edits: tuple[Edit, ...] = (Edit(entry.value.span, declared),)
    if below:
        read = listing([f"`{param.key.text}`" for param in below])
        message += f"; it also reads {read}, which is declared below"
        words += f", below {read}: a default can only read params above it"
        edits = _moved(entry, below[-1], f"{name}: {declared}")
    repairs = (Repair(words, edits),) if edits else ()
    return Diagnostic("bad-param", message, Label(entry.span), labels, help=words, repairs=repairs)


def _literals(section: Map) -> dict[str, Value]:
    """The defaults that are literals, by the names of their params."""
    values = {}
    for entry in section:
        node = entry.value
        long = isinstance(node, Map) and is_long_form(node)
        default = node.get("default") if isinstance(node, Map) and long else node
        if default is not None and not args.holds_expression(default) and not _is_type(default, long=long):
            values[entry.key.text] = _plain(default)
    return values


def _is_type(node: Node, *, long: bool) -> bool:
    return not long and isinstance(node, Scalar) and ParamType.parse(node.text) is not None


def _plain(node: Node) -> Value:
    try:
        return args.value(node, {})
    except BadValue:
        return None


def _type(node: Node, values: dict[str, Value], layers: Collection[str]) -> str:
    """The type of what an expression comes to, where that is known; else the commonest."""
    try:
        found = ParamType.of(args.value(node, values), layers)
    except BadValue:
        found = None
    return "int" if found is None else str(found) if found.item is None else f'"{found}"'


def _in_braces(node: Node) -> str:
    """A default as it stands within braces."""
    text = node.span.text
    return f'"{text}"' if isinstance(node, Scalar) and node.plain and set(text) & set(",[]{}#") else text


def _moved(entry: Entry, last: Entry, text: str) -> tuple[Edit, ...]:
    """The declaration moved behind another; nothing where they share a line with anything else."""
    own, other = entry.span, last.span
    source = own.source
    lines = [source.line(span.line) for span in (own, other)]
    alone = all(not line[: span.column - 1].strip() for line, span in zip(lines, (own, other), strict=True))
    if not alone or own.line != own.end_line or lines[0].strip() != own.text:
        return ()
    end = Span(
        source,
        last.value.span.end_line,
        last.value.span.end_column,
        last.value.span.end_line,
        last.value.span.end_column,
    )
    if last.value.span.end_column == 1 or source.line(end.line)[end.column - 1 :].strip():
        return ()
    gone = Span(source, own.line, 1, own.line + 1, 1)
    return (Edit(gone, ""), Edit(end, f"\n{' ' * (own.column - 1)}{text}"))
