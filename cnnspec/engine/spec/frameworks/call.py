"""A layer with its arguments, as a line of another framework gives them."""

from __future__ import annotations

import re

from msgspec import Struct

from cnnspec.engine.spec.edits import positional
from cnnspec.engine.spec.split_values import cuts
from cnnspec.engine.syntax import Map, Node, Scalar, Seq

MAX_VALUE = 200  # characters of an argument
PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
QUOTED = re.compile(r"'[A-Za-z_]\w*'|\"[A-Za-z_]\w*\"")
TUPLE = re.compile(r"\(\s*([\w.$-]+(?:\s*,\s*[\w.$-]+)*)\s*,?\s*\)")


class FrameworkCall(Struct, frozen=True):
    """``named`` are arguments by name, ``positional`` those without one; both as YAML writes them."""

    name: str
    named: dict[str, str]
    positional: tuple[str, ...] = ()


def call_of(name: str, value: Node) -> FrameworkCall | None:
    """The call that a key and its value make, or None where a value is too long to be read."""
    if isinstance(value, Scalar) and value.value is None and not value.text:
        return FrameworkCall(name, {})
    given = positional(value)
    if given is not None:
        return FrameworkCall(name, {}, tuple(map(as_yaml, given)))
    if isinstance(value, Seq):
        texts = [text_of(item) for item in value.items]
        return None if None in texts else FrameworkCall(name, {}, tuple(text for text in texts if text is not None))
    if not isinstance(value, Map):
        return None
    pieces = cuts(value)  # `(3, 3)`, which a comma ends inside braces
    rest = {name for piece in pieces for name in piece.rest}
    named = {entry.key.text: text_of(entry.value) for entry in value if entry.key.text not in rest}
    named |= {piece.entry.key.text: as_yaml(piece.span.text) for piece in pieces}
    return None if None in named.values() else FrameworkCall(name, {key: text for key, text in named.items() if text})


def text_of(node: Node) -> str | None:
    """A value as one line of YAML; None where it is laid out over several, or carries a comment."""
    if isinstance(node, Map) and not node.flow:
        texts = [(entry.key.text, text_of(entry.value)) for entry in node]
        inner = ", ".join(f"{key}: {text}" for key, text in texts)
        return None if any(text is None for _, text in texts) else f"{{{inner}}}"
    text = node.span.text.strip()
    if "\n" in text or " #" in text or len(text) > MAX_VALUE:
        return None
    return as_yaml(text) or "null"


def as_yaml(text: str) -> str:
    """``(3, 3)`` as ``[3, 3]``, and Python's words as YAML's."""
    if match := TUPLE.fullmatch(text):
        return f"[{match[1]}]"
    return PYTHON_WORDS.get(text, text[1:-1] if QUOTED.fullmatch(text) else text)


MAX_CALL = 300  # characters of a text that may be a call
CALL = re.compile(r"(?P<name>(?:\w+\.)*\w+)\((?P<arguments>.*)\)")
KEYWORD = re.compile(r"(\w+)\s*=\s*(.+)")
PLAIN = re.compile(r"[\w.$-]+|\[[\w.$, -]*\]|'[^'\"]*'|\"[^'\"]*\"")


def call_of_text(text: str) -> FrameworkCall | None:
    """``nn.Conv2d(3, 16, kernel_size=(3, 3))``; None for what is no call of plain values."""
    match = CALL.fullmatch(text) if len(text) <= MAX_CALL else None
    if match is None:
        return None
    named, given = {}, []
    for part in _parts(match["arguments"]):
        keyword = KEYWORD.fullmatch(part)
        value = as_yaml(keyword[2] if keyword else part)
        if not PLAIN.fullmatch(value):
            return None
        if keyword:
            named[keyword[1]] = value
        else:
            given.append(value)
    return FrameworkCall(match["name"], named, tuple(given))


def _parts(text: str) -> list[str]:
    """The arguments between commas that stand in no bracket."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]
