"""The keys that say what a text is: `cnnspec_recipe: 1` at its top makes it a recipe, `cnnspec_sweep: 1` a sweep."""

from __future__ import annotations

import re
from functools import partial

from cnnspec.engine.diagnostics import Source

RECIPE = "cnnspec_recipe"
SWEEP = "cnnspec_sweep"
TOPS = {mark: re.compile(rf"""^(?:\{{\s*)?(["']?){mark}\1[ \t]*:""", re.MULTILINE) for mark in (RECIPE, SWEEP)}


def is_marked(mark: str, source: Source) -> bool:
    """Whether a text has a key at its top, however broken the rest is."""
    return TOPS[mark].search(source.text) is not None


is_recipe = partial(is_marked, RECIPE)
is_sweep = partial(is_marked, SWEEP)


def kind(source: Source) -> str:
    """What a text is called: a spec, a recipe or a sweep."""
    return "recipe" if is_recipe(source) else "sweep" if is_sweep(source) else "spec"
