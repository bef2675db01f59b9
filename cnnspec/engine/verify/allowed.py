"""What emitted source may consist of. It is executed, so anything else ends the check before that."""

from __future__ import annotations

import ast
from typing import Any

from cnnspec.engine.verify.trace import SourceDiffers

NODES = (
    *(ast.Module, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Import, ast.ImportFrom, ast.alias),
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.Return, ast.Continue),
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Call, ast.keyword, ast.Starred, ast.Constant),
    *(ast.Tuple, ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.comprehension, ast.JoinedStr),
    *(ast.FormattedValue, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
)
BUILTINS: dict[str, Any] = {
    each.__name__: each
    for each in (
        *(bool, dict, enumerate, float, int, isinstance, len, list, max, min, range, round, str, sum, super, tuple),
        *(type, zip, __build_class__),
    )
}


def check(tree: ast.Module) -> None:
    """Raises Unlike where there is anything that the emitter does not write."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if not isinstance(node, NODES):
            raise SourceDiffers(f"line {line} has a {type(node).__name__}")
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name.startswith("__") and name != "__init__":
            raise SourceDiffers(f"line {line} reads `{name}`")
