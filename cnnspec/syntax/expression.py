"""The expressions of a spec: ``$name`` and ``$(...)`` inside a scalar's text.

    "$(width * 4)"  ──template──►  Template  ──evaluate(env, shape)──►  256

A small language of its own (grammar.py, evaluate.py, functions.py): names, literals, lists, indexing and slicing,
arithmetic, comparisons, ``and or not``, ``a if c else b``, eight functions, and ``in.channels`` (``height``, ``width``,
``features``), the shape that reaches the line. No attribute, no other call, no power.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cnnspec.syntax.evaluate import Env, Evaluator
from cnnspec.syntax.expr import Expr, ExpressionError, Value
from cnnspec.syntax.grammar import Parser

MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Template:
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

    def evaluate(self, env: Env, shape: Callable[[], Any] | None = None) -> Value:
        """The value under ``env``; ``shape()`` gives the shape behind ``in``.

        Raises ExpressionError, and Silent where the shape is unknown after an earlier error.
        """
        evaluator = Evaluator(env, shape)
        if len(self.parts) == 1 and isinstance(self.parts[0], Expr):
            return evaluator.value(self.parts[0])
        return "".join(p if isinstance(p, str) else str(evaluator.word(p)) for p in self.parts)


def _collect(expr: Expr, found: set[str]) -> None:
    if expr.op == "name":
        found.add(expr.args[0])
    for arg in expr.args:
        for child in arg if isinstance(arg, tuple) else (arg,):
            if isinstance(child, Expr):
                _collect(child, found)


DOLLAR = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|(\())")


@lru_cache(maxsize=4096)
def template(text: str) -> Template | None:
    """The expressions of a scalar's text, or None where it holds none. ``$$`` is a dollar sign.

    Raises ExpressionError where an expression is not well formed.
    """
    if "$" not in text:
        return None
    if len(text) > MAX_TEXT:
        raise ExpressionError("expression-too-large", f"an expression of {len(text):,} characters is too long", 0, 1)
    parts: list[str | Expr] = []
    at = 0
    while match := DOLLAR.search(text, at):
        parts.append(text[at : match.start()])
        if match[1]:
            parts.append("$")
            at = match.end()
        elif match[2]:
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
