"""Expr -> value, under the names in force and the shape that reaches the line. Every result is bounded."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from cnnspec.engine.diagnostics import did_you_mean, listing
from cnnspec.engine.syntax.expr import NO_VALUE, Expr, ExpressionError, LayerName, Silent, Value
from cnnspec.engine.syntax.functions import FUNCTIONS, MAX_LENGTH, ListTooLong
from cnnspec.engine.syntax.meter import Meter

MAX_NUMBER = 2**53
MAX_EXPONENT = 1_000
MAX_SHOWN = 40  # characters of a text, or 8 elements of a list, that a message quotes

MADE_BEFORE = frozenset({"name", "index", "if"})  # what gives a list that is there already

Env = Mapping[str, Value]

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
# Of whole numbers: none can fail.
EXACT = {
    **{sign: NUMERIC[sign] for sign in ("+", "-", "*", "<", "<=", ">", ">=")},
    "==": operator.eq,
    "!=": operator.ne,
}


def in_yaml(value: Value, *, inside: bool = False) -> str:
    """A value as a spec would write it; of a long one the beginning."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case tuple():
            if inside and any(isinstance(v, tuple) for v in value[:8]):
                return "[…]"
            return f"[{', '.join(in_yaml(v, inside=True) for v in value[:8])}{', …' if len(value) > 8 else ''}]"
        case str():
            return f'"{value}"' if len(value) <= MAX_SHOWN else f'"{value[:MAX_SHOWN]}…"'
    return str(value)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def size(value: Value, limit: int = MAX_LENGTH) -> int:
    """How many elements a list has, those of the lists inside it included; stops counting past ``limit``."""
    count, left = 0, [value]
    while left and count <= limit:
        inner = left.pop()
        if isinstance(inner, tuple):
            count += len(inner)
            if any(issubclass(kind, tuple) for kind in set(map(type, inner))):
                left += [v for v in inner if isinstance(v, tuple)]
    return count


def is_plain(value: Value) -> bool:
    """Whether a value is one of nearly all: a whole number within bounds, a truth or a layer."""
    kind = type(value)
    return -MAX_NUMBER <= value <= MAX_NUMBER if kind is int else kind is bool or kind is LayerName


class Evaluator:
    """Values of expressions under one environment."""

    def __init__(self, env: Env, shape: Callable[[], Any] | None, meter: Meter) -> None:
        self.env = env
        self.shape = shape
        self.meter = meter

    def fail(self, expr: Expr, message: str, help: str = "", code: str = "bad-expression") -> NoReturn:
        raise ExpressionError(code, message, expr.start, expr.end, help)

    def value(self, expr: Expr) -> Value:
        self.meter.spend(3)
        value = HANDLERS.get(expr.op, Evaluator.on_binary)(self, expr)
        return value if is_plain(value) else self.bounded(expr, value)

    def bounded(self, expr: Expr, value: Value) -> Value:
        if isinstance(value, int | float):
            if not -MAX_NUMBER <= value <= MAX_NUMBER:
                help = f"numbers stay below {MAX_NUMBER:,}"
                self.fail(expr, "the result is too large", help, "number-out-of-bounds")
        elif isinstance(value, str | tuple) and self.length(expr, value) > MAX_LENGTH:
            self.fail(expr, f"the result is longer than {MAX_LENGTH:,}", code="number-out-of-bounds")
        return value

    def length(self, expr: Expr, value: str | tuple[Value, ...]) -> int:
        """All elements of a list that is made here, those of the lists in it too; of one that was there, its own."""
        if isinstance(value, str) or expr.op in MADE_BEFORE:
            return len(value)
        return self.pay_for(value)

    def pay_for(self, value: Value) -> int:
        """How many elements a list has; going over them is work."""
        found = size(value)
        self.meter.spend(found // 8)
        return found

    def word(self, expr: Expr) -> Value:
        """A value that may stand inside a text."""
        value = self.value(expr)
        if not isinstance(value, int | float | str | LayerName):
            self.fail(expr, f"{in_yaml(value)} cannot be part of a text")
        return value

    def on_literal(self, expr: Expr) -> Value:
        return expr.args[0]

    def on_name(self, expr: Expr) -> Value:
        name = expr.args[0]
        if name in self.env:
            value = self.env[name]
            if value is NO_VALUE:
                raise Silent
            return value
        help = did_you_mean(name, self.env)
        if not help and self.env:
            help = f"defined here: {listing(sorted(self.env))}"
        self.fail(expr, f"the name `{name}` is not defined here", help, "unknown-name")

    def on_in(self, expr: Expr) -> Value:
        if self.shape is None:
            self.fail(expr, f"`in.{expr.args[0]}` is known only in lines of `layers`")
        shape = self.shape()
        value = getattr(shape, expr.args[0])
        if value is None:
            flat = "a flat vector has `in.features`" if len(shape) == 1 else ""
            self.fail(expr, f"a tensor of shape {shape} has no {expr.args[0]}", flat)
        return value

    def on_layer(self, expr: Expr) -> Value:
        """A word about the layer whose weights are initialised; it stands in the environment under its whole name."""
        word = f"layer.{expr.args[0]}"
        if word not in self.env:
            self.fail(expr, f"`{word}` is known only in `init`, for the layer whose weights it sets")
        if self.env[word] is None:
            help = "it needs a weight with at least two dimensions, like that of a convolution or a linear layer"
            self.fail(expr, f"this layer has no `{expr.args[0]}`", help)
        return self.env[word]

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
            self.fail(expr, f"`{sign}` takes true or false, not {in_yaml(value)}")
        return value

    def on_negate(self, expr: Expr) -> Value:
        return -self.number(expr.args[0], "-")

    def on_plus(self, expr: Expr) -> Value:
        return self.number(expr.args[0], "+")

    def number(self, expr: Expr, sign: str) -> Any:
        value = self.value(expr)
        if not _is_number(value):
            self.fail(expr, f"`{sign}` takes numbers, not {in_yaml(value)}")
        return value

    def on_binary(self, expr: Expr) -> Value:
        left, right = self.value(expr.args[0]), self.value(expr.args[1])
        if type(left) is int and type(right) is int and expr.op in EXACT:
            return EXACT[expr.op](left, right)
        if expr.op in ("==", "!="):
            self.pay_for(left)
            return _equal(left, right) == (expr.op == "==")
        if expr.op == "+" and type(left) is type(right) and isinstance(left, tuple | str):
            return left + right
        for side, value in zip(expr.args, (left, right), strict=True):
            if not _is_number(value):
                is_text = expr.op == "+" and str in (type(left), type(right))
                help = "make text of a number with `str(x)`, or write `stage$(index + 1)`" if is_text else ""
                self.fail(side, f"`{expr.op}` takes numbers, not {in_yaml(value)}", help)
        if expr.op in ("/", "//", "%") and right == 0:
            self.fail(expr, f"{left} {expr.op} 0: division by zero")
        return self.power(expr, left, right) if expr.op == "**" else NUMERIC[expr.op](left, right)

    def power(self, expr: Expr, base: Any, exponent: Any) -> Value:
        """``base ** exponent``, refused before a number of thousands of digits is computed."""
        if exponent > MAX_EXPONENT and abs(base) > 1:
            self.fail(expr, "the result is too large", f"numbers stay below {MAX_NUMBER:,}", "number-out-of-bounds")
        if base == 0 and exponent < 0:
            self.fail(expr, f"0 ** {exponent}: division by zero")
        value = base**exponent
        if isinstance(value, complex):
            self.fail(
                expr, f"({base}) ** {exponent} is not a real number", "a negative number can only have a whole exponent"
            )
        return value

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
            self.fail(expr, f"only a list can be indexed, not {in_yaml(value)}")
        return value

    def whole(self, expr: Expr) -> int:
        value = self.value(expr)
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(expr, f"an index is a whole number, not {in_yaml(value)}")
        return int(value)

    def on_call(self, expr: Expr) -> Value:
        name, args = expr.args
        values = [self.value(arg) for arg in args]
        try:
            self.check_arguments(name, values)
            return FUNCTIONS[name](*values)
        except ListTooLong:
            self.fail(expr, f"the result is longer than {MAX_LENGTH:,}", code="number-out-of-bounds")
        except (TypeError, ValueError, ArithmeticError, LookupError):
            said = ", ".join(in_yaml(value) for value in values)
            self.fail(expr, f"`{name}` does not accept ({said})")

    def check_arguments(self, name: str, values: Sequence[Value]) -> None:
        if name in ("len", "str"):
            return
        self.meter.spend(sum(len(value) for value in values if isinstance(value, tuple)) // 2)
        kinds = {type(value) for value in values if not isinstance(value, tuple)}
        for value in values:
            kinds.update(map(type, value) if isinstance(value, tuple) else ())
        if not all(issubclass(kind, int | float) and kind is not bool for kind in kinds):
            raise TypeError(name)


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, LayerName) and isinstance(right, str):
        return left.name == right
    if isinstance(right, LayerName) and isinstance(left, str):
        return right.name == left
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right)


OPERATIONS = "literal name in layer list not and or if negate plus index slice call"
HANDLERS = {op: getattr(Evaluator, f"on_{op}") for op in OPERATIONS.split()}  # all others have two sides
