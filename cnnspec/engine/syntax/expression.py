"""The expressions of a spec: ``$name`` and ``$(...)`` inside a scalar's text.

    "$(width * 4)"  ──template──►  Template  ──evaluate(env, shape)──►  256

A small language of its own (grammar.py, evaluate.py, functions.py): names, literals, lists, indexing and slicing,
arithmetic, comparisons, ``and or not``, ``a if c else b``, eleven functions, ``in.channels`` (``height``, ``width``,
``features``), the shape that reaches the line, and in `init` ``layer.fan_in`` (``fan_out``, ``groups``). No attribute
and no other call.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any

from msgspec import Struct

from cnnspec.engine.syntax.evaluate import Env, Evaluator
from cnnspec.engine.syntax.expr import Expr, ExpressionError, Value
from cnnspec.engine.syntax.functions import MAX_LENGTH
from cnnspec.engine.syntax.grammar import LAYER_WORDS, Parser
from cnnspec.engine.syntax.meter import Meter

MAX_TEXT = 2_000


class Template(Struct, frozen=True):
    """A scalar's text cut into literal texts and expressions; one lone expression keeps its value's type."""

    parts: tuple[str | Expr, ...]

    @property
    def names(self) -> set[str]:
        """Every name that the expressions read."""
        found: set[str] = set()
        for part in self.parts:
            if isinstance(part, Expr):
                _collect(part, found)
        return found

    def evaluate(self, env: Env, shape: Callable[[], Any] | None = None, meter: Meter | None = None) -> Value:
        """The value under ``env``; ``shape()`` gives the shape behind ``in``, and ``meter`` counts the work.

        Raises ExpressionError, Silent where the shape is unknown after an earlier error, and OutOfWork.
        """
        evaluator = Evaluator(env, shape, meter or Meter())
        if len(self.parts) == 1 and isinstance(lone := self.parts[0], Expr):
            return evaluator.value(lone)
        _check_indices(self.parts, evaluator)
        text = "".join(p if isinstance(p, str) else str(evaluator.word(p)) for p in self.parts)
        if len(text) > MAX_LENGTH:
            message = f"the text is longer than {MAX_LENGTH:,} characters"
            raise ExpressionError("number-out-of-bounds", message, 0, 1)
        return text


INDEX = re.compile(r"\[[^\[\]]*\]")


def _check_indices(parts: tuple[str | Expr, ...], evaluator: Evaluator) -> None:
    """``$depths[0]`` is a list with a text behind it, which is never meant."""
    for part, rest in pairwise(parts):
        index = INDEX.match(rest) if isinstance(rest, str) else None
        if index and isinstance(part, Expr) and part.op == "name" and isinstance(evaluator.value(part), tuple):
            message, written = "write an index in round brackets", f"$({part.args[0]}{index[0]})"
            raise ExpressionError("bad-expression", message, part.start - 1, part.end + index.end(), written=written)


def _collect(expr: Expr, found: set[str]) -> None:
    if expr.op == "name":
        found.add(expr.args[0])
    for arg in expr.args:
        for child in arg if isinstance(arg, tuple) else (arg,):
            if isinstance(child, Expr):
                _collect(child, found)


SHAPE = re.compile(r"\.\w+")
DOTTED = {"in": "write the input shape", "layer": "write a fact about the layer"}


def _check_shape(text: str, match: re.Match[str]) -> None:
    """``$in.channels`` lacks its brackets."""
    word = SHAPE.match(text, match.end()) if match[2] in DOTTED else None
    if word and (match[2] == "in" or word[0][1:] in LAYER_WORDS):
        message, written = f"{DOTTED[match[2]]} in round brackets", f"$({match[2]}{word[0]})"
        raise ExpressionError("bad-expression", message, match.start(), word.end(), written=written)


DOLLAR = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|(\())")


@lru_cache(maxsize=4096)
def template(text: str) -> Template | None:
    """The expressions of a scalar's text, or None where it holds none. ``$$`` is a dollar sign.

    Raises ExpressionError where an expression is not well formed.
    """
    if "$" not in text:
        return None
    if len(text) > MAX_TEXT:
        message = f"an expression of {len(text):,} characters is too long"
        help = f"at most {MAX_TEXT:,} are allowed; use a list with `foreach`, or a block"
        raise ExpressionError("expression-too-large", message, 0, 1, help)
    parts: list[str | Expr] = []
    at = 0
    while match := DOLLAR.search(text, at):
        parts.append(text[at : match.start()])
        if match[1]:
            parts.append("$")
            at = match.end()
        elif match[2]:
            _check_shape(text, match)
            parts.append(Expr("name", (match[2],), match.start(2), match.end(2)))
            at = match.end()
        else:
            parser = Parser(text, match.end())
            parts.append(parser.whole())
            at = parser.after
    parts.append(text[at:])
    kept = tuple(part for part in parts if part != "")
    if not any(isinstance(part, Expr) for part in kept):
        return Template(("".join(str(part) for part in kept),))
    return Template(kept)
