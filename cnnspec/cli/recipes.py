"""`cnnspec recipes`."""

from __future__ import annotations

from cnnspec.cli.listings import Shown, print_list, shipped_text
from cnnspec.cli.output import console, write
from cnnspec.engine.diagnostics import count
from cnnspec.engine.zoo import recipe_files


def recipes(name: Shown = None) -> None:
    """List the recipes that ship with cnnspec, or print one.

    `cnnspec recipes mnist/lenet_tuned > tuned.yaml` copies one, so that you can change it.
    """
    if name is not None:
        write(shipped_text(name, "recipe", recipe_files()))
        return
    from cnnspec.engine.recipe import load_recipe

    loaded = {shipped: load_recipe(shipped) for shipped in recipe_files()}
    rows = [(name, one.data, count(one.epochs, "epoch"), one.description) for name, one in loaded.items()]
    print_list(("name", "data", "training", "description"), rows)
    console().print("`cnnspec train NAME --recipe RECIPE` trains with one, `cnnspec recipes RECIPE` prints its text.")
