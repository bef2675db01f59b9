"""The spaces in `$(...)`: one on each side of an operator, one after a comma, none inside brackets."""

from __future__ import annotations

from cnnspec.engine.syntax.expr import Expr, ExpressionError
from cnnspec.engine.syntax.expression import DOLLAR, template
from cnnspec.engine.syntax.grammar import TOKEN

WORDS = ("and", "or", "not", "if", "else")
TIGHT = ("(", "[", ".", ":")  # no space after these
CLOSING = (")", "]", ",", ".", ":")  # no space before these


def spaced(text: str) -> str:
    """A scalar's text with the spaces of its expressions put right; one that cannot be read stays."""
    if "$(" not in text:
        return text
    try:
        found = _rewritten(text)
    except ValueError:
        return text
    return found if meaning(found) == meaning(text) else text


def meaning(text: str) -> object:
    """What a scalar's text says, regardless of spaces in its expressions; the text itself if one cannot be read."""
    try:
        return _plain(template(text)) or text
    except ExpressionError:
        return text


def _rewritten(text: str) -> str:
    parts, at = [], 0
    while match := DOLLAR.search(text, at):
        parts.append(text[at : match.end()])
        at = match.end()
        if match[3]:
            inside, at = _expression(text, at)
            parts.append(inside)
    return "".join([*parts, text[at:]])


def _expression(text: str, at: int) -> tuple[str, int]:
    """What follows a `$(`, up to and including the bracket that closes it; and where that ends."""
    out, depth, before = "", 1, "("
    while depth:
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(text)
        kind = str(match.lastgroup)
        sign, at = match[kind], match.end()
        depth += (sign in "([") - (sign in ")]") if kind == "sign" else 0
        is_sign = sign in "+-" and (before in ("(", "[", ",", ":") or _is_operator(before) or before in WORDS)
        out += ("" if not out or _joined(before, sign, kind) else " ") + sign
        before = "sign " if is_sign and kind == "sign" else sign
    return out, at


def _joined(before: str, sign: str, kind: str) -> bool:
    """Whether a sign stands right after the one before it."""
    if before == "sign " or before in TIGHT or (kind == "sign" and sign in CLOSING):
        return True
    return kind == "sign" and sign in "([" and not _is_operator(before) and before not in (*WORDS, ",")


def _is_operator(sign: str) -> bool:
    return sign in ("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=")


def _plain(found: object) -> object:
    """An expression without its places."""
    if isinstance(found, Expr):
        return (found.op, *map(_plain, found.args))
    if isinstance(found, tuple):
        return tuple(map(_plain, found))
    parts = getattr(found, "parts", None)
    return found if parts is None else tuple(map(_plain, parts))
