"""Expressions of the language as Python: its own signs, with the brackets that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cnnspec.engine.source.naming import spelled
from cnnspec.engine.source.text import Text, flat
from cnnspec.engine.source.values import Type, literal
from cnnspec.engine.syntax.expr import Expr

BINDING = {"if": 0, "or": 1, "and": 2, "not": 3, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4}
BINDING |= {"+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "negate": 7, "plus": 7}
TIGHT = 8  # names, literals, calls
OUT_OF_MATH = ("floor", "ceil", "sqrt")
Inner = Callable[[Expr, int], str]


def expr(op: str, *args: object) -> Expr:
    """An expression that stands nowhere in a text."""
    return Expr(op, args, 0, 0)


def name(text: str) -> Expr:
    return expr("name", text)


def value(given: object) -> Expr:
    return expr("literal", given)


def children(found: Expr) -> list[Expr]:
    """The expressions right below one."""
    nested = (arg if isinstance(arg, tuple) else (arg,) for arg in found.args)
    return [arg for args in nested for arg in args if isinstance(arg, Expr)]


def over(found: Expr, change: Callable[[Expr], Expr | None]) -> Expr | None:
    """The expression with each of those right below it changed; None where one of them has no change."""
    args: list[object] = []
    for arg in found.args:
        parts = [change(a) if isinstance(a, Expr) else a for a in (arg if isinstance(arg, tuple) else (arg,))]
        if any(part is None and isinstance(a, Expr) for part, a in zip(parts, _tuple(arg), strict=True)):
            return None
        args.append(tuple(parts) if isinstance(arg, tuple) else parts[0])
    return expr(found.op, *args)


def _tuple(arg: object) -> Iterable[object]:
    return arg if isinstance(arg, tuple) else (arg,)


def names_in(found: Expr) -> frozenset[str]:
    """Every name that an expression reads."""
    own = frozenset({found.args[0]} if found.op == "name" else ())
    return own.union(*map(names_in, children(found)))


def size(found: Expr) -> int:
    """How many names, values and signs it has."""
    return 1 + sum(map(size, children(found)))


def code(found: Expr) -> Text:
    """The expression as Python."""
    return Text(_code(found)[0], frozenset(map(spelled, names_in(found))))


def _code(found: Expr) -> tuple[str, int]:
    """The text, and how tightly it binds."""

    def inner(part: Expr, least: int = 0) -> str:
        text, binding = _code(part)
        return text if binding >= least else f"({text})"

    args = found.args
    match found.op:
        case "literal":
            text = flat(literal(args[0]))
            return text, BINDING["negate"] if text.startswith("-") else TIGHT
        case "name":
            return spelled(args[0]), TIGHT
        case "list":
            return f"({', '.join(map(inner, args[0]))}{',' * (len(args[0]) == 1)})", TIGHT
        case "call" if args[0] == "round" and len(args[1]) == 2:
            number, digits = args[1]
            return _rounded(number, digits, inner)
        case "call":
            called = f"math.{args[0]}" if args[0] in OUT_OF_MATH else args[0]
            return f"{called}({', '.join(map(inner, args[1]))})", TIGHT
    return _with_signs(found, inner)


def _rounded(number: Expr, digits: Expr, inner: Inner) -> tuple[str, int]:
    """To no digits the language gives a whole number, as Python's `round` does only where it is given none."""
    whole, other = f"round({inner(number, 0)})", f"round({inner(number, 0)}, {inner(digits, 0)})"
    if digits.op == "literal":
        return other if digits.args[0] else whole, TIGHT
    return f"{other} if {inner(digits, 1)} else {whole}", BINDING["if"]


def _with_signs(found: Expr, inner: Inner) -> tuple[str, int]:
    args, binding = found.args, BINDING.get(found.op, TIGHT)
    match found.op:
        case "index":
            return f"{inner(args[0], TIGHT)}[{inner(args[1], 0)}]", binding
        case "slice":
            ends = ["" if end is None else inner(end, 0) for end in args[1:]]
            return f"{inner(args[0], TIGHT)}[{':'.join(ends)}]", binding
        case "if":
            return f"{inner(args[0], 1)} if {inner(args[1], 1)} else {inner(args[2], 0)}", binding
        case "not":
            return f"not {inner(args[0], binding)}", binding
        case "negate" | "plus":
            return f"{'-' if found.op == 'negate' else '+'}{inner(args[0], binding)}", binding
    return _two_sides(found, inner), binding


def _two_sides(found: Expr, inner: Inner) -> str:
    left, right = found.args
    binding, sign = BINDING[found.op], found.op
    if sign in ("==", "!=") and right.op == "literal" and isinstance(right.args[0], bool | Type | None):
        sign = "is" if sign == "==" else "is not"
    compares = binding == BINDING["=="]
    return f"{inner(left, binding + compares)} {sign} {inner(right, binding + 1)}"
