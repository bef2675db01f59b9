"""The expression parser: a Pratt parser from behind a ``$(`` to the bracket that closes it.

or < and < not < comparison < + - < * / // % < sign < ** < index, slice
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from msgspec import Struct

from cnnspec.engine.diagnostics import listing, nearest
from cnnspec.engine.syntax.expr import Expr, ExpressionError
from cnnspec.engine.syntax.functions import FUNCTIONS

MAX_NESTING = 40
MAX_TOKENS = 200

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign>//|==|!=|<=|>=|\*\*|[-+*/%<>()\[\],:.]))"
)
BINARY = {"or": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4}
BINARY |= {"+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6}
WORDS = {"true": True, "false": False, "null": None}
MEANT = {"&&": "and", "||": "or", "!": "not ", "=": "==", "^": "**"}  # of other languages; `!=` is our own
SHAPE_WORDS = ("channels", "height", "width", "features")
LAYER_WORDS = ("fan_in", "fan_out", "groups")


class _Token(Struct, frozen=True):
    kind: str
    text: str
    start: int
    end: int


class Parser:
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
            meant = next((word for sign, word in MEANT.items() if rest.startswith(sign)), "")
            end = at + (2 if meant and rest[:2] in MEANT else 1)
            help = "write a choice as `a if c else b`" if rest[0] == "?" else ""
            self.fail(f"`{self.text[at:end]}` is not allowed in an expression", at, end, help, meant)
        self.tokens += 1
        if self.tokens > MAX_TOKENS:
            self.fail(f"an expression of more than {MAX_TOKENS} words and signs is too long", self.at, match.end())
        kind = str(match.lastgroup)
        self.at = match.end()
        return _Token(kind, match[kind], match.start(kind), match.end(kind))

    def advance(self) -> _Token:
        token, self.token = self.token, self.read()
        return token

    def fail(self, message: str, start: int, end: int, help: str = "", written: str = "") -> NoReturn:
        raise ExpressionError("bad-expression", message, start, end, help, written)

    def unexpected(self) -> NoReturn:
        token = self.token
        if token.kind == "end":
            help = 'an expression with a comma or a square bracket needs quotes: "$(depths[0])"'
            self.fail("the expression is cut off: a `)` is missing", self.start - 2, token.end, help)
        if token.text == ".":
            attribute = re.compile(r"\s*\w*").match(self.text, token.end)
            end = attribute.end() if attribute else token.end
            message = "expressions have no attributes, except for shapes such as `in.channels`"
            word = self.text[token.end : end].strip()
            help = f"read the input shape as `in.{word}`" if word in SHAPE_WORDS else ""
            self.fail(message, token.start, end, help)
        help = "compare with `==` and `!=`" if token.text == "is" else ""
        self.fail(f"unexpected `{token.text}`", token.start, token.end, help)

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
                self.fail("comparisons cannot be chained", self.token.start, self.token.end, "join two with `and`")
        if binding == 0 and self.token.text == "if":
            left = self.choice(left)
        self.depth -= 1
        return left

    def choice(self, value: Expr) -> Expr:
        self.advance()
        condition = self.expression(0.5)  # anything but another choice, which wants brackets
        if self.token.text != "else":
            self.fail("this choice needs an `else`", value.start, condition.end, "write `a if condition else b`")
        self.advance()
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
        base = self.suffixes(self.atom())
        if self.token.text != "**" or self.token.kind != "sign":
            return base
        self.advance()
        exponent = self.expression(7)  # a sign, and a power in it, belong to the exponent
        return Expr("**", (base, exponent), base.start, exponent.end)

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
        if token.kind != "end" and token.text != ".":
            self.fail(f"a value is missing before `{token.text}`", token.start, token.end)
        self.unexpected()

    def number(self, token: _Token) -> int | float:
        if len(token.text) > 40:
            self.fail(f"a number of {len(token.text):,} characters is too long", token.start, token.end)
        return int(token.text) if token.text.isdigit() else float(token.text)

    def name(self) -> Expr:
        token = self.advance()
        if token.text == "in":
            return self.word_of(token, SHAPE_WORDS)
        if token.text == "layer" and self.token.text == ".":
            return self.word_of(token, LAYER_WORDS)
        if token.text in WORDS:
            return Expr("literal", (WORDS[token.text],), token.start, token.end)
        if self.token.text == "(" and self.token.kind == "sign":
            return self.call(token)
        return Expr("name", (token.text,), token.start, token.end)

    def word_of(self, token: _Token, words: Sequence[str]) -> Expr:
        """``in.channels``, ``layer.fan_out``: one of a few words behind a dot."""
        self.take(".")
        word = self.token
        if word.kind != "name" or word.text not in words:
            known = listing([f"`{token.text}.{w}`" for w in words])
            near = nearest(word.text, [w for w in words if w[0] == word.text[:1]]) or ""
            self.fail(f"`{token.text}.{word.text}` is not known", word.start, word.end, f"available: {known}", near)
        self.advance()
        return Expr(token.text, (word.text,), token.start, word.end)

    def call(self, name: _Token) -> Expr:
        if name.text not in FUNCTIONS:
            near = nearest(name.text, FUNCTIONS) or ""
            help = f"the functions are {listing(list(FUNCTIONS))}"
            message = f"`{name.text}` cannot be called"
            raise ExpressionError("call-in-expression", message, name.start, name.end, help, near)
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
