"""Values out of nodes: expressions evaluated, lists as tuples, arguments with their places.

Node ──value──► int | float | bool | str | None | tuple | LayerName
Map ──arguments──► {"kernel_size": Argument(3, where)}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic, Edit, Frame, Label, Repair, Span
from cnnspec.engine.syntax import Entry, Env, ExpressionError, LayerName, Map, Meter, Node, Scalar, Seq, Value, template


class Argument(Struct, frozen=True):
    """A value given to a layer or a block, and the ``key: value`` that gave it."""

    value: Value
    entry: Entry


Arguments = dict[str, Argument]


class BadValue(Exception):
    """An ExpressionError at its place in the text, or a value of a kind that is never right."""

    def __init__(self, span: Span, code: str, message: str, help: str = "", written: str = "") -> None:
        super().__init__(message)
        self.span, self.code, self.message, self.help = span, code, message, help
        self.written = written  # what may have been meant in place of the span

    def diagnostic(self, trace: Frame | None = None) -> Diagnostic:
        """The error as a diagnostic, with its repair."""
        near = f"did you mean `{self.written.strip()}`?" if self.written else ""
        repairs = (Repair(f"write `{self.written.strip()}`", (Edit(self.span, self.written),)),) if self.written else ()
        return Diagnostic(self.code, self.message, Label(self.span, near), help=self.help, trace=trace, repairs=repairs)


def value(node: Node, env: Env, shape: Callable[[], Any] | None = None, meter: Meter | None = None) -> Value:
    """What a node stands for under ``env``. Raises BadValue, Silent where a shape is unknown, and OutOfWork."""
    if meter is not None:
        meter.spend(1)
    match node:
        case Scalar():
            return _scalar(node, env, shape, meter)
        case Seq():
            return tuple(value(item, env, shape, meter) for item in node.items)
        case Map():
            return _layer_with_arguments(node, env, shape, meter)


def _scalar(node: Scalar, env: Env, shape: Callable[[], Any] | None, meter: Meter | None) -> Value:
    if "$" not in node.text:
        return node.value
    try:
        found = template(node.text)
        return node.value if found is None else found.evaluate(env, shape, meter)
    except ExpressionError as error:
        raise at(node, error) from None


def at(node: Scalar, error: ExpressionError) -> BadValue:
    """An expression's error, carried to its place in the text."""
    return BadValue(node.part(error.start, error.end), error.code, error.message, error.help, error.written)


def _layer_with_arguments(node: Map, env: Env, shape: Callable[[], Any] | None, meter: Meter | None) -> LayerName:
    """``{LeakyReLU: {negative_slope: 0.1}}``: a layer that brings arguments along."""
    entry = node.entries[0] if len(node.entries) == 1 else None
    if entry is None or not isinstance(entry.value, Map) or not entry.key.text[:1].isupper():
        raise _no_layer(node)
    return LayerName(entry.key.text, arguments(entry.value, env, shape, meter))


LAYER_VALUE = "write `{LeakyReLU: {negative_slope: 0.1}}`"
TYPED = re.compile(r"\{['\"]?type['\"]?: ['\"]?(?P<name>[A-Z]\w*)['\"]?(?:, (?P<rest>[^{}]+))?\}")
TIGHT = re.compile(r"(?<=[\w)\]])(\*|/{1,2}|\+|%)(?=[\w(\[])")


def _no_layer(node: Map) -> BadValue:
    """A mapping that is no layer with its arguments: ``{w * 2}``, ``{type: LeakyReLU, negative_slope: 0.1}``."""
    text = node.span.text if node.flow else ""
    if match := TYPED.fullmatch(text):
        written = f"{{{match['name']}: {{{match['rest']}}}}}" if match["rest"] else match["name"]
        return BadValue(
            node.span, "wrong-type", "a layer as a value is a mapping with the layer's name as its key", "", written
        )
    inner = text[1:-1].strip()
    if len(node.entries) == 1 and inner == node.entries[0].key.text and _is_expression(inner):
        written = f"${inner}" if inner.isidentifier() else "$(" + TIGHT.sub(r" \1 ", inner) + ")"
        message = "an expression needs `$(...)`, not braces"
        return BadValue(node.span, "wrong-type", message, f"write `{written}`", written)
    return BadValue(node.span, "wrong-type", "a mapping as a value is a layer with its arguments", LAYER_VALUE)


def _is_expression(text: str) -> bool:
    """Whether a text calculates with names."""
    try:
        found = template(f"$({text})")
    except ExpressionError:
        return False
    return found is not None and bool(found.names)


def arguments(
    node: Map | None, env: Env, shape: Callable[[], Any] | None = None, meter: Meter | None = None
) -> Arguments:
    """The arguments of a mapping, in its order."""
    entries = node.entries if node else ()
    return {entry.key.text: Argument(value(entry.value, env, shape, meter), entry) for entry in entries}


def holds_expression(node: Node) -> bool:
    """Whether the value of a node depends on anything but its own text."""
    match node:
        case Scalar():
            return "$" in node.text
        case Seq():
            return any(holds_expression(item) for item in node.items)
        case Map():
            return any(holds_expression(entry.value) for entry in node.entries)
