"""Each key of recipes is described in one place: the field of `Recipe`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cnnspec.engine.describe import default_words
from cnnspec.engine.recipe.model import Recipe
from cnnspec.engine.recipe.operation import Operation
from cnnspec.engine.recipe.read import KEYS, MARK
from cnnspec.engine.schema.recipe import about_key
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "training.md"
BEGIN, END = "| key | default | what it does |", "\n\n"


def table() -> str:
    """The keys as the page shows them."""
    rows = [f"| `{key}` | {default(key)} | {about_key(key)} |" for key in KEYS if key != MARK]
    return "\n".join([BEGIN, "| --- | --- | --- |", *rows])


def default(key: str) -> str:
    """The default as a recipe writes it; a dash where nothing happens without the key."""
    value = Recipe.model_fields[key].default
    if isinstance(value, Operation):
        return f"`{type(value).__name__}`"
    return "–" if value in (None, "", ()) else f"`{default_words(Recipe, key)}`"


def test_the_table_of_keys_is_current(golden: Callable[[Path, str], None]) -> None:
    """docs/reference/training.md shows the fields' descriptions; `make golden` rewrites it."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    golden(PAGE, before + table() + END + rest.partition(END)[2])


def test_every_key_is_described() -> None:
    for key in KEYS:
        assert about_key(key).endswith("."), key
