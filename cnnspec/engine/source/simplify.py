"""An expression without what adds nothing to it: factors of 1, summands of 0, conditions that are known."""

from __future__ import annotations

from typing import Any

from cnnspec.engine.source.code import children, expr, value
from cnnspec.engine.source.names import evaluated
from cnnspec.engine.source.values import Point, same
from cnnspec.engine.syntax.expr import Expr


def simplified(found: Expr) -> Expr:
    """The same value in fewer signs."""
    parts = children(found)
    if parts and all(part.op == "literal" for part in parts):
        return _folded(found)
    match found.op, parts:
        case ("*" | "//", [left, right]) if _is(right, 1):
            return left
        case ("*", [left, right]) if _is(left, 1):
            return right
        case ("+" | "-", [left, right]) if _is(right, 0):
            return left
        case ("+", [left, right]) if _is(left, 0):
            return right
        case ("and" | "or", [left, right]):
            return _joined(found, left, right)
        case ("if", [yes, Expr(op="literal", args=(known,)), no]):
            return yes if known else no
    return found


def _is(found: Expr, number: int) -> bool:
    return found.op == "literal" and same(found.args[0], number)


def _joined(found: Expr, left: Expr, right: Expr) -> Expr:
    """`and` and `or` of which one side is known."""
    for known, other in ((left, right), (right, left)):
        if known.op == "literal":
            return other if known.args[0] is (found.op == "and") else value(known.args[0])
    return found


def _folded(found: Expr) -> Expr:
    """The value of an expression over literals."""
    made = evaluated(found, _no_name, {(): None})
    return found if made is None else value(made[()])


def _no_name(name: str, point: Point) -> Any:
    raise KeyError(name)


def without_one(count: Expr) -> Expr:
    """A count less one."""
    return simplified(expr("-", count, value(1)))
