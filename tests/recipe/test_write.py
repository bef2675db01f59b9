"""A recipe's text reads as the recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.recipe import Recipe, known_recipes, load_recipe, read
from cnnspec.engine.recipe.write import as_yaml
from tests.recipe.test_read import WHOLE


def again(recipe: Recipe) -> Recipe | None:
    return read(Source("recipe.yaml", as_yaml(recipe)), Sink())


@pytest.mark.parametrize("name", known_recipes())
def test_a_shipped_recipe_is_what_is_written_of_it(name: str) -> None:
    """Written with all its defaults and read again, each is itself."""
    assert again(load_recipe(name)) == load_recipe(name)


def test_every_key_is_written(tmp_path: Path) -> None:
    """A recipe that states everything loses nothing, nor does one that states nothing."""
    path = tmp_path / "recipe.yaml"
    path.write_text(WHOLE)
    assert again(load_recipe(str(path))) == load_recipe(str(path))
    assert again(Recipe()) == Recipe()


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), st.floats(1e-300, 1e30))
def test_texts_and_numbers_are_kept(text: str, number: float) -> None:
    """Whatever a name holds, and to the last bit of a number."""
    recipe = Recipe.of(name=text, data_dir=text, optimizer={"Adam": {"lr": number}})
    assert again(recipe) == recipe
