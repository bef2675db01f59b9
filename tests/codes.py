"""The codes that the source can emit, read off its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.trees import trees

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Calls whose first argument (BadValue: second) is the code of a diagnostic; `code=` counts everywhere. Beside them
# there are functions `_words`, which return the code with its message.
TAKE_CODE = frozenset(
    """
    Diagnostic ExpressionError Refusal error fail mismatch refuse too_much warn warning _error _slip _warning
    """.split()
)
SECOND = frozenset({"BadValue"})
NO_CODES = ("engine/diagram", "engine/schema", "engine/source", "engine/table", "engine/verify")  # errors without codes
NO_CODES += tuple(f"pytorch/{part}" for part in ("build", "train", "sweep", "weights"))


def emitted() -> dict[str, set[str]]:
    """Each code with the files that emit it."""
    found: dict[str, set[str]] = {}
    for path, tree in trees().items():
        if not path.startswith(NO_CODES):
            for code in _codes(tree):
                found.setdefault(code, set()).add(path)
    return found


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _texts(_code_argument(node))
        elif isinstance(node, ast.arguments):
            yield from _defaults(node)
        elif isinstance(node, ast.FunctionDef) and node.name == "_words":
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Tuple):
                    yield from _texts(inner.value.elts[0])


def _code_argument(call: ast.Call) -> ast.expr | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    stated = next((keyword.value for keyword in call.keywords if keyword.arg == "code"), None)
    if stated is not None:
        return stated
    place = 0 if name in TAKE_CODE else 1 if name in SECOND else None
    return call.args[place] if place is not None and len(call.args) > place else None


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The texts that an expression may be: a literal, or either side of a choice."""
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SLUG.fullmatch(node.value):
        yield node.value


def _defaults(arguments: ast.arguments) -> Iterator[str]:
    """``def fail(..., code="bad-expression")``."""
    named = [*arguments.posonlyargs, *arguments.args]
    with_default = named[len(named) - len(arguments.defaults) :]
    pairs = list(zip(with_default, arguments.defaults, strict=True))
    for argument, default in (*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)):
        if argument.arg == "code":
            yield from _texts(default)
