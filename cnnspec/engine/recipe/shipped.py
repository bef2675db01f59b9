"""Where recipes are: files by their paths, and what ships with the package by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cnnspec.engine.diagnostics import Sink, SpecError, UsageError, did_you_mean
from cnnspec.engine.recipe.model import Recipe
from cnnspec.engine.recipe.overrides import Setting, empty, with_settings
from cnnspec.engine.recipe.read import resolve
from cnnspec.engine.spec.shipped import ENDINGS, MAX_NAME, display, open_source
from cnnspec.engine.syntax import Map, parse
from cnnspec.engine.zoo import recipe_files


@lru_cache(maxsize=1)
def known_recipes() -> tuple[str, ...]:
    """Every shipped name, such as `mnist/lenet`."""
    return tuple(recipe_files())


def load_recipe(name: str | None = None, settings: Sequence[Setting] = ()) -> Recipe:
    """The recipe of a path or of a shipped name, with settings on top; without a name the defaults.

    Raises UsageError for a name that is neither and for settings that are wrong, SpecError for a recipe that is.
    """
    return with_settings(recipe_tree(name), settings)


def recipe_tree(name: str | None) -> Map:
    """The tree of a recipe that is sound, for settings on top of it. Raises as ``load_recipe`` does."""
    if name is None:
        return empty()
    path = _path(name)
    source, sink = open_source(path, display(path)), Sink()
    top = parse(source, sink)
    if top is not None:
        resolve(top, source, sink)
    if len(sink):
        raise SpecError(sink.in_order())
    assert isinstance(top, Map)
    return top


def _path(name: str) -> Path:
    shipped = recipe_files()
    if name in shipped:
        return shipped[name]
    if name.endswith(ENDINGS) or os.path.isfile(name):  # noqa: PTH113 - which says no where it may not look
        path = Path(name)
        if not os.path.exists(path):  # noqa: PTH110 - likewise
            raise UsageError(f"there is no file `{name}`")
        return path
    near = did_you_mean(name, shipped) if len(name) <= MAX_NAME else ""
    help = near or "`cnnspec recipes` lists the names; a path ends in .yaml"
    raise UsageError(f"no recipe is called `{name[:MAX_NAME]}`", help)
