"""Recipe -> YAML text, as a person would write it: a line a key, operations in braces."""

from __future__ import annotations

import json
import re
from typing import Any

from cnnspec.engine.recipe.model import VERSION, Recipe
from cnnspec.engine.recipe.read import MARK

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[-/][A-Za-z0-9_]+)*")
WORDS = {"null", "true", "false"}  # in any case: no text without quotes


def as_yaml(recipe: Recipe) -> str:
    """The text of a recipe with all its defaults; read, it is the recipe."""
    lines = [f"{MARK}: {VERSION}"]
    for name, value in recipe.as_data().items():
        if name == "augment":
            lines += [f"{name}:", *(f"  - {_entry(each)}" for each in value)]
        else:
            lines.append(f"{name}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _entry(operation: dict[str, Any]) -> str:
    """One line of a list: ``RandomCrop: {size: 32}``, which wants no braces of its own."""
    return _flow(operation)[1:-1]


def _flow(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{name}: {_flow(part)}" for name, part in value.items()) + "}"
        case list():
            return f"[{', '.join(map(_flow, value))}]"
        case str():
            return (
                value
                if PLAIN.fullmatch(value) and value.lower() not in WORDS
                else json.dumps(value, ensure_ascii=False)
            )
    return json.dumps(value)
