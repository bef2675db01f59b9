"""The length of each spec beside that of torchvision's source for the same builders.

Counted are lines of code: without blank lines and comments, and of Python without docstrings, imports, `__all__` and
the classes that list published weights with their figures, which a spec has no need of.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from pathlib import Path

import cnnspec
from tests.parity.builders import NAMES, family, source


@dataclass(frozen=True)
class Length:
    family: str
    builders: int
    spec: int
    python: int


def lengths() -> list[Length]:
    """One for each family, by name."""
    members: dict[str, list[str]] = {}
    for name in NAMES:
        members.setdefault(family(name), []).append(name)
    return [
        Length(
            family=name,
            builders=len(builders),
            spec=of_yaml(cnnspec.load(builders[0]).source.text),
            python=sum(of_python(path.read_text()) for path in {source(builder) for builder in builders}),
        )
        for name, builders in sorted(members.items())
    ]


def of_yaml(text: str) -> int:
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())


def of_python(text: str) -> int:
    tree = ast.parse(text)
    left_out = {line for node in ast.walk(tree) if is_aside(node) for line in range(node.lineno, node.end_lineno + 1)}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = {line for t in tokens if t.type not in blank for line in range(t.start[0], t.end[0] + 1)}
    return len(code - left_out)


def is_aside(node: ast.AST) -> bool:
    """Whether a node says nothing of a network: imports, published weights, what the module offers, docstrings."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.ClassDef(bases=[ast.Name(id="WeightsEnum")]):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "_COMMON_META" | "_COMMON_META_V1" | "_COMMON_META_V2")]):
            return True
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def blocks() -> int:
    """The built-in blocks, which specs of several families share."""
    folder = Path(cnnspec.__file__).parent / "blocks"
    return sum(of_yaml(path.read_text(encoding="utf-8")) for path in folder.glob("*.yaml"))
