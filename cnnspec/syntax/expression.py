"""The expressions of a spec: ``$name`` and ``$(...)``, and their values.

    "$(width * 4)"  ──template──►  Template  ──evaluate(env, shape)──►  256

A small language of its own, read by a Pratt parser: names, literals, lists, indexing and slicing, arithmetic,
comparisons, ``and or not``, ``a if c else b``, eight functions, and ``in.channels`` (``height``, ``width``,
``features``), the shape that reaches the line. No attribute, no other call, no power; every result is bounded.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

from cnnspec.diagnostics import did_you_mean, listing

MAX_TEXT = 2_000
MAX_NESTING = 40
MAX_TOKENS = 200
MAX_NUMBER = 2**53
MAX_LENGTH = 10_000

Value = Any  # int | float | bool | str | None | LayerName | tuple of these
Env = Mapping[str, Value]


class Silent(Exception):
    """An expression needs a shape that an earlier error left unknown: no value, and nothing to say."""


class ExpressionError(Exception):
    """What is wrong with an expression, at characters ``start`` to ``end`` of its text."""

    def __init__(self, code: str, message: str, start: int, end: int, help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.help = code, message, start, end, help


@dataclass(frozen=True, slots=True)
class LayerName:
    """The value of a param of type ``layer``: a layer or block by name, with arguments that come along."""

    name: str
    args: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of an expression: what to do, to what, and where it stands."""

    op: str
    args: tuple[Any, ...]
    start: int
    end: int


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
        evaluator = _Evaluator(env, shape)
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


# ---------------------------------------------------------------------------------------------- text -> Template

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
            parser = _Parser(text, match.end())
            parts.append(parser.whole())
            at = parser.after
    parts.append(text[at:])
    kept = tuple(part for part in parts if part != "")
    if not any(isinstance(part, Expr) for part in kept):
        return Template(("".join(str(part) for part in kept),))
    return Template(kept)


TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign>//|==|!=|<=|>=|\*\*|[-+*/%<>()\[\],:.]))"
)
BINARY = {"or": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4}
BINARY |= {"+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6}
WORDS = {"true": True, "false": False, "null": None}
SHAPE_WORDS = ("channels", "height", "width", "features")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


class _Parser:
    """Reads one expression from behind its ``$(`` to the bracket that closes it."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start
        self.at = start
        self.depth = 0
        self.tokens = 0
        self.after = start  # behind the closing bracket, once that is read
        self.token = self.read()

    def read(self) -> _Token:
        match = TOKEN.match(self.text, self.at)
        if match is None:
            rest = self.text[self.at :].lstrip()
            at = len(self.text) - len(rest)
            if not rest:
                return _Token("end", "", len(self.text) - 1, len(self.text))
            self.fail(f"`{rest[0]}` does not belong in an expression", at, at + 1)
        self.tokens += 1
        if self.tokens > MAX_TOKENS:
            self.fail(f"an expression of more than {MAX_TOKENS} words and signs is too long", self.at, match.end())
        kind = str(match.lastgroup)
        self.at = match.end()
        return _Token(kind, match[kind], match.start(kind), match.end(kind))

    def advance(self) -> _Token:
        token, self.token = self.token, self.read()
        return token

    def fail(self, message: str, start: int, end: int, help: str = "") -> NoReturn:
        raise ExpressionError("bad-expression", message, start, end, help)

    def unexpected(self) -> NoReturn:
        token = self.token
        if token.kind == "end":
            help = 'an expression with a comma or a square bracket is quoted: "$(depths[0])"'
            self.fail("the expression is cut off: a `)` is missing", self.start - 2, token.end, help)
        if token.text == "**":
            self.fail("there is no power in expressions", token.start, token.end)
        if token.text == ".":
            self.fail("there are no attributes in expressions, only `in.channels` and its like", token.start, token.end)
        self.fail(f"`{token.text}` is out of place", token.start, token.end)

    def take(self, sign: str) -> _Token:
        if self.token.text != sign or self.token.kind not in ("sign", "name"):
            self.unexpected()
        return self.advance()

    def whole(self) -> Expr:
        expr = self.expression(0)
        if self.token.text != ")" or self.token.kind != "sign":
            self.unexpected()
        self.after = self.token.end
        return expr

    def expression(self, binding: float) -> Expr:
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.fail(f"the expression nests more than {MAX_NESTING} levels deep", self.token.start, self.token.end)
        left = self.operand()
        while (power := BINARY.get(self.token.text, 0)) > binding and self.token.kind != "text":
            sign = self.advance().text
            right = self.expression(power)
            left = Expr(sign, (left, right), left.start, right.end)
            if power == 4 and BINARY.get(self.token.text) == 4:
                self.fail("comparisons do not chain", self.token.start, self.token.end, "join two with `and`")
        if binding == 0 and self.token.text == "if":
            left = self.choice(left)
        self.depth -= 1
        return left

    def choice(self, value: Expr) -> Expr:
        self.advance()
        condition = self.expression(0.5)  # anything but another choice, which wants brackets
        self.take("else")
        other = self.expression(0)
        return Expr("if", (value, condition, other), value.start, other.end)

    def operand(self) -> Expr:
        token = self.token
        if token.kind == "name" and token.text == "not":
            self.advance()
            inner = self.expression(3)
            return Expr("not", (inner,), token.start, inner.end)
        if token.kind == "sign" and token.text in "+-":
            self.advance()
            inner = self.expression(7)
            return Expr("negate" if token.text == "-" else "plus", (inner,), token.start, inner.end)
        return self.suffixes(self.atom())

    def atom(self) -> Expr:
        token = self.token
        if token.kind == "number":
            self.advance()
            return Expr("literal", (self.number(token),), token.start, token.end)
        if token.kind == "text":
            self.advance()
            return Expr("literal", (token.text[1:-1],), token.start, token.end)
        if token.kind == "name" and token.text not in ("and", "or", "not", "if", "else"):
            return self.name()
        if token.text == "(":
            self.advance()
            inner = self.expression(0)
            end = self.take(")").end
            return Expr(inner.op, inner.args, token.start, end)
        if token.text == "[":
            self.advance()
            items, end = self.sequence("]")
            return Expr("list", (items,), token.start, end)
        self.unexpected()

    def number(self, token: _Token) -> int | float:
        if len(token.text) > 40:
            self.fail(f"a number of {len(token.text):,} characters is too long", token.start, token.end)
        return int(token.text) if token.text.isdigit() else float(token.text)

    def name(self) -> Expr:
        token = self.advance()
        if token.text == "in":
            return self.shape(token)
        if token.text in WORDS:
            return Expr("literal", (WORDS[token.text],), token.start, token.end)
        if self.token.text == "(" and self.token.kind == "sign":
            return self.call(token)
        return Expr("name", (token.text,), token.start, token.end)

    def shape(self, token: _Token) -> Expr:
        self.take(".")
        word = self.token
        if word.kind != "name" or word.text not in SHAPE_WORDS:
            known = listing([f"`in.{w}`" for w in SHAPE_WORDS])
            self.fail(f"`in.{word.text}` is not known", token.start, word.end, f"there are {known}")
        self.advance()
        return Expr("in", (word.text,), token.start, word.end)

    def call(self, name: _Token) -> Expr:
        if name.text not in FUNCTIONS:
            help = did_you_mean(name.text, FUNCTIONS) or f"the functions are {listing(list(FUNCTIONS))}"
            raise ExpressionError("call-in-expression", f"`{name.text}` cannot be called", name.start, name.end, help)
        self.advance()
        items, end = self.sequence(")")
        return Expr("call", (name.text, items), name.start, end)

    def sequence(self, close: str) -> tuple[tuple[Expr, ...], int]:
        items = []
        while self.token.text != close:
            items.append(self.expression(0))
            if self.token.text != close:
                self.take(",")
        return tuple(items), self.advance().end

    def suffixes(self, left: Expr) -> Expr:
        while self.token.kind == "sign" and self.token.text == "[":
            self.advance()
            first = None if self.token.text == ":" else self.expression(0)
            if self.token.text == ":":
                self.advance()
                last = None if self.token.text == "]" else self.expression(0)
                left = Expr("slice", (left, first, last), left.start, self.take("]").end)
            else:
                left = Expr("index", (left, first), left.start, self.take("]").end)
        return left


# -------------------------------------------------------------------------------------------------- Expr -> value


def _number_words(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case tuple():
            return f"[{', '.join(_number_words(v) for v in value[:8])}{', …' if len(value) > 8 else ''}]"
        case str():
            return f'"{value}"'
    return str(value)


def make_divisible(value: float, divisor: int = 8, minimum: float | None = None) -> int:
    """The multiple of ``divisor`` nearest to ``value``, never more than a tenth below it (MobileNet's rule)."""
    rounded = max(minimum or divisor, int(value + divisor / 2) // divisor * divisor)
    return int(rounded + divisor if rounded < 0.9 * value else rounded)


def _round(value: float, digits: int = 0) -> int | float:
    return round(value, digits) if digits else round(value)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": lambda *values: min(*values) if len(values) > 1 else min(values[0]),
    "max": lambda *values: max(*values) if len(values) > 1 else max(values[0]),
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "len": len,
    "sum": sum,
    "make_divisible": make_divisible,
}
NUMERIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Evaluator:
    """Values of expressions under one environment."""

    def __init__(self, env: Env, shape: Callable[[], Any] | None) -> None:
        self.env = env
        self.shape = shape

    def fail(self, expr: Expr, message: str, help: str = "", code: str = "bad-expression") -> NoReturn:
        raise ExpressionError(code, message, expr.start, expr.end, help)

    def value(self, expr: Expr) -> Value:
        return self.bounded(expr, getattr(self, f"on_{expr.op}", self.on_binary)(expr))

    def bounded(self, expr: Expr, value: Value) -> Value:
        if _is_number(value) and not abs(value) <= MAX_NUMBER:
            self.fail(expr, "the result is out of bounds", f"numbers stay below {MAX_NUMBER:,}", "number-out-of-bounds")
        if isinstance(value, str | tuple) and len(value) > MAX_LENGTH:
            self.fail(expr, f"the result is longer than {MAX_LENGTH:,}", code="number-out-of-bounds")
        return value

    def word(self, expr: Expr) -> Value:
        """A value that may stand inside a text."""
        value = self.value(expr)
        if not isinstance(value, int | float | str | LayerName):
            self.fail(expr, f"{_number_words(value)} cannot stand inside a text")
        return value

    def on_literal(self, expr: Expr) -> Value:
        return expr.args[0]

    def on_name(self, expr: Expr) -> Value:
        name = expr.args[0]
        if name in self.env:
            return self.env[name]
        help = did_you_mean(name, self.env)
        if not help and self.env:
            help = f"known here: {listing(sorted(self.env))}"
        self.fail(expr, f"nothing here is called `{name}`", help, "unknown-name")

    def on_in(self, expr: Expr) -> Value:
        if self.shape is None:
            self.fail(expr, f"`in.{expr.args[0]}` is known only where a tensor arrives")
        shape = self.shape()
        value = getattr(shape, expr.args[0])
        if value is None:
            self.fail(expr, f"a tensor of shape {shape} has no {expr.args[0]}")
        return value

    def on_list(self, expr: Expr) -> Value:
        return tuple(self.value(item) for item in expr.args[0])

    def on_not(self, expr: Expr) -> bool:
        return not self.truth(expr.args[0], "not")

    def on_and(self, expr: Expr) -> bool:
        return self.truth(expr.args[0], "and") and self.truth(expr.args[1], "and")

    def on_or(self, expr: Expr) -> bool:
        return self.truth(expr.args[0], "or") or self.truth(expr.args[1], "or")

    def on_if(self, expr: Expr) -> Value:
        return self.value(expr.args[0] if self.truth(expr.args[1], "if") else expr.args[2])

    def truth(self, expr: Expr, sign: str) -> bool:
        value = self.value(expr)
        if not isinstance(value, bool):
            self.fail(expr, f"`{sign}` takes true or false, not {_number_words(value)}")
        return value

    def on_negate(self, expr: Expr) -> Value:
        return -self.number(expr.args[0], "-")

    def on_plus(self, expr: Expr) -> Value:
        return self.number(expr.args[0], "+")

    def number(self, expr: Expr, sign: str) -> Any:
        value = self.value(expr)
        if not _is_number(value):
            self.fail(expr, f"`{sign}` takes numbers, not {_number_words(value)}")
        return value

    def on_binary(self, expr: Expr) -> Value:
        left, right = self.value(expr.args[0]), self.value(expr.args[1])
        if expr.op in ("==", "!="):
            return _equal(left, right) == (expr.op == "==")
        if expr.op == "+" and isinstance(left, tuple) and isinstance(right, tuple):
            return left + right
        for side, value in zip(expr.args, (left, right), strict=True):
            if not _is_number(value):
                self.fail(side, f"`{expr.op}` takes numbers, not {_number_words(value)}")
        if expr.op in ("/", "//", "%") and right == 0:
            self.fail(expr, f"{left} {expr.op} 0: division by zero")
        return NUMERIC[expr.op](left, right)

    def on_index(self, expr: Expr) -> Value:
        items, index = self.items(expr.args[0]), self.whole(expr.args[1])
        if not -len(items) <= index < len(items):
            self.fail(expr, f"index {index} is outside a list of {len(items)}", "indices count from 0")
        return items[index]

    def on_slice(self, expr: Expr) -> Value:
        first, last = (None if e is None else self.whole(e) for e in expr.args[1:])
        return self.items(expr.args[0])[first:last]

    def items(self, expr: Expr) -> tuple[Value, ...]:
        value = self.value(expr)
        if not isinstance(value, tuple):
            self.fail(expr, f"only a list can be indexed, not {_number_words(value)}")
        return value

    def whole(self, expr: Expr) -> int:
        value = self.value(expr)
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(expr, f"an index is a whole number, not {_number_words(value)}")
        return value

    def on_call(self, expr: Expr) -> Value:
        name, args = expr.args
        values = [self.value(arg) for arg in args]
        try:
            self.check_arguments(expr, name, values)
            return FUNCTIONS[name](*values)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            said = ", ".join(_number_words(value) for value in values)
            self.fail(expr, f"`{name}` cannot take ({said})")

    def check_arguments(self, expr: Expr, name: str, values: Sequence[Value]) -> None:
        flat = [v for value in values for v in (value if isinstance(value, tuple) else (value,))]
        if name != "len" and not all(_is_number(value) for value in flat):
            raise TypeError(name)


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, LayerName) and isinstance(right, str):
        return left.name == right
    if isinstance(right, LayerName) and isinstance(left, str):
        return right.name == left
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)
