"""The syntax trees of the package, parsed once for each process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import cnnspec

PACKAGE = Path(cnnspec.__file__).parent


@cache
def trees() -> dict[str, ast.Module]:
    """Return each file's tree by its path below the package, such as ``cli/check.py``."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
