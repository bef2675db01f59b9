"""Options that are settings of a recipe: `--set optimizer.lr=0.1`, and the short forms `--lr`, `--epochs` and so on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnnspec.cli.options import parse_settings
from cnnspec.engine.recipe.overrides import Setting, belongs

SHORT = {"optimizer.lr": "lr"}  # short forms that are called otherwise than their setting


def of_spec_and_recipe(
    given: list[str] | None, flags: Mapping[str, object]
) -> tuple[dict[str, Any], tuple[Setting, ...]]:
    """What `--set` says, parted into params of the spec and settings of the recipe; short forms go first.

    Raises UsageError.
    """
    pairs = [(text, *text.partition("=")[::2]) for text in given or []]
    own = [Setting(f"--set {path.strip()}", path.strip(), value) for _, path, value in pairs if belongs(path.strip())]
    params = parse_settings([text for text, path, _ in pairs if not belongs(path.strip())])
    return params, (*(_short(path, value) for path, value in flags.items() if value is not None), *own)


def _short(path: str, value: object) -> Setting:
    text = json.dumps(str(value), ensure_ascii=False) if isinstance(value, str | Path) else str(value)
    return Setting(f"--{SHORT.get(path, path).replace('_', '-')}", path, text)
