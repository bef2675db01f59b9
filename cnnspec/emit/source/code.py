"""Expr -> Python: the expressions of the language in Python's signs, with the brackets that they need."""

from __future__ import annotations

from collections.abc import Callable

from cnnspec.emit.source.text import Text, flat
from cnnspec.emit.source.values import Type, literal
from cnnspec.syntax.expr import Expr

BINDING = {"if": 0, "or": 1, "and": 2, "not": 3, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4}
BINDING |= {"+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "negate": 7, "plus": 7}
TIGHT = 8  # names, literals, calls
HELPERS = {"floor": "math.floor", "ceil": "math.ceil", "make_divisible": "make_divisible"}


def expr(op: str, *args: object) -> Expr:
    """An expression that stands nowhere in a text."""
    return Expr(op, args, 0, 0)


def name(text: str) -> Expr:
    return expr("name", text)


def value(given: object) -> Expr:
    return expr("literal", given)


def children(found: Expr) -> list[Expr]:
    """The expressions right below one."""
    flat_args = [a for arg in found.args for a in (arg if isinstance(arg, tuple) else (arg,))]
    return [arg for arg in flat_args if isinstance(arg, Expr)]


def names_in(found: Expr) -> frozenset[str]:
    """Every name that an expression reads, the functions it calls among them."""
    own: frozenset[str] = frozenset()
    if found.op == "name":
        own = frozenset({found.args[0]})
    elif found.op == "call":
        own = frozenset({HELPERS.get(found.args[0], "")} - {""})
    return own.union(*map(names_in, children(found)))


def size(found: Expr) -> int:
    """How many names, values and signs it has."""
    return 1 + sum(map(size, children(found)))


def code(found: Expr, spell: Callable[[str], str] = str) -> Text:
    """The expression as Python; ``spell`` says what a name is called there."""
    return Text(_code(found, spell)[0], frozenset(map(spell, names_in(found))))


def _code(found: Expr, spell: Callable[[str], str]) -> tuple[str, int]:
    def inner(part: Expr, least: int = 0) -> str:
        text, binding = _code(part, spell)
        return text if binding >= least else f"({text})"

    args = found.args
    match found.op:
        case "literal":
            return _literal(args[0])
        case "name":
            return spell(args[0]), TIGHT
        case "list":
            items = [inner(item) for item in args[0]]
            return f"({', '.join(items)}{',' * (len(items) == 1)})", TIGHT
        case "call":
            return f"{HELPERS.get(args[0], args[0])}({', '.join(inner(item) for item in args[1])})", TIGHT
        case "index":
            return f"{inner(args[0], TIGHT)}[{inner(args[1])}]", TIGHT
        case "slice":
            ends = ["" if end is None else inner(end) for end in args[1:]]
            return f"{inner(args[0], TIGHT)}[{':'.join(ends)}]", TIGHT
        case "if":
            return f"{inner(args[0], 1)} if {inner(args[1], 1)} else {inner(args[2])}", 0
        case "not":
            return f"not {inner(args[0], 3)}", 3
        case "negate" | "plus":
            return f"{'-' if found.op == 'negate' else '+'}{inner(args[0], 7)}", 7
    return _two_sides(found, inner)


def _literal(given: object) -> tuple[str, int]:
    text = flat(literal(given))
    return text, 7 if text.startswith("-") else TIGHT


def _two_sides(found: Expr, inner: Callable[[Expr, int], str]) -> tuple[str, int]:
    left, right = found.args
    binding = BINDING[found.op]
    sign = found.op
    if sign in ("==", "!=") and right.op == "literal" and _is_single(right.args[0]):
        sign = "is" if sign == "==" else "is not"
    comparison = binding == BINDING["=="]
    return f"{inner(left, binding + comparison)} {sign} {inner(right, binding + 1)}", binding


def _is_single(given: object) -> bool:
    """Whether a value is compared by ``is``."""
    return given is None or isinstance(given, bool | Type)
