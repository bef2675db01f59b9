"""A param that is named without the sign that reads it: ``width``, ``width * 2``, ``{{ width }}``."""

from __future__ import annotations

import re
from collections.abc import Collection

from cnnspec.engine.spec.edits import Repairs, rename
from cnnspec.engine.syntax import ExpressionError, Node, Scalar, template

MAX_MEANT = 200  # characters of a value in which an expression is looked for
BRACES = re.compile(r"\{\{(?P<inner>[^{}]*)\}\}")
OF_YAML = re.compile(r"[,\[\]{}#]|: ")  # what YAML reads for itself


def without_dollar(node: Node, names: Collection[str]) -> Repairs:
    """The expression that a plain text is meant for, where it reads nothing but ``names``."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or "$" in node.text:
        return ()
    match = BRACES.fullmatch(node.text)
    text = (match["inner"] if match else node.text).strip()
    if len(text) > MAX_MEANT:
        return ()
    try:
        found = template(f"$({text})")
    except ExpressionError:
        return ()
    if found is None or not found.names or not found.names <= {*names}:
        return ()
    written = f"${text}" if text.isidentifier() else f"$({text})"
    return rename(node.span, f'"{written}"' if OF_YAML.search(written) and '"' not in written else written)
