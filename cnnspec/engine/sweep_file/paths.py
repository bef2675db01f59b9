"""What the names in a sweep file stand for: a shipped spec or recipe, or a file, whose path is from the sweep's folder.

mnist/lenet      ships with cnnspec
./net, net       a file beside the sweep file
nets/a.yaml      a file in a folder beside it
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cnnspec.engine.diagnostics import Source
from cnnspec.engine.recipe.shipped import known_recipes
from cnnspec.engine.spec.roots import leads_out
from cnnspec.engine.spec.shipped import ENDINGS, MAX_NAME, find_shipped


def spec_path(source: Source, name: str) -> str:
    """The name of a shipped spec as it is, and a path as it is found from the working folder."""
    return _located(source, name, lambda name: find_shipped(name) is not None)


def recipe_path(source: Source, name: str) -> str:
    """The same of a recipe."""
    return _located(source, name, lambda name: name in known_recipes())


def is_path(name: str) -> bool:
    """Whether a name is that of a file by its form, and never that of what ships."""
    return name.endswith(ENDINGS) or Path(name).is_absolute() or any(part in (".", "..") for part in name.split("/"))


def _located(source: Source, name: str, is_shipped: Callable[[str], bool]) -> str:
    if "\0" in name or max(map(len, name.split("/"))) > MAX_NAME:
        return name  # no name and no path, which is told where it is looked for
    path = Path(name) if source.path is None else source.path.parent / name
    if not is_path(name) and (is_shipped(name) or not _is_file(path, source)):
        return name
    return str(path) if is_path(str(path)) else os.path.join(".", path)  # noqa: PTH118 - a Path drops the dot


def _is_file(path: Path, source: Source) -> bool:
    """Whether there may be such a file: one that a checked text may not name is not looked for."""
    if leads_out(path, source.roots):
        return source.path is not None
    return os.path.isfile(path)  # noqa: PTH113 - which says no where it may not look
