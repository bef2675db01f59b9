"""Names of functions, parameters and variables that are participles: what was done, not what the value is."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.words.glossary import PARTICIPLES
from tests.words.scan import files, relative


def names(paths: Iterable[Path]) -> Iterator[str]:
    """Return `file:line: name` for each identifier that the glossary refuses, once for each function."""
    for path in files(paths):
        if path.suffix == ".py":
            where = relative(path)
            yield from (f"{where}:{line}: {name}" for line, name in sorted(_declared(path)))


def _declared(path: Path) -> set[tuple[int, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    declared = list(_declarations(tree, ""))
    sides = {"left"} if any("right" in name for _, _, name in declared) else set()
    first: dict[tuple[str, str], int] = {}
    for scope, line, name in declared:
        if name.strip("_") in PARTICIPLES - sides:
            first.setdefault((scope, name), line)
    return {(line, name) for (_, name), line in first.items()}


def _declarations(node: ast.AST, scope: str) -> Iterator[tuple[str, int, str]]:
    """Return scope, line and name of what is declared below a node."""
    for child in ast.iter_child_nodes(node):
        inner = scope
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield scope, child.lineno, child.name
                inner = f"{scope}.{child.name}"
            case ast.arg():
                yield scope, child.lineno, child.arg
            case ast.Name(ctx=ast.Store()):
                yield scope, child.lineno, child.id
            case ast.Attribute(ctx=ast.Store()):
                yield scope, child.lineno, child.attr
            case ast.MatchAs(name=str(name)) | ast.ExceptHandler(name=str(name)):
                yield scope, child.lineno, name
        yield from _declarations(child, inner)
