"""The index of the shipped specs: names, sizes and costs. Listing them reads no YAML and imports no checker.

specs/*.yaml ──make golden──► specs/index.json ──► cnnspec zoo, completion, "did you mean"

Each file stands in the index with the SHA-256 of its text. A file that was edited since counts as not indexed, and is
read instead; in an installed package no file is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = Path(__file__).parents[1]
INDEX = "index.json"
SWEEPS = "sweeps"  # the folder of the sweep files, next to the specs


class ZooEntry(NamedTuple):
    """One shipped name. Shapes are in words, such as ``3×224×224``."""

    name: str
    input: str
    output: str
    params: int
    macs: int


def specs_folder() -> Path:
    """Return the folder of the shipped specs: inside an installed package, or next to it in a checkout."""
    return _folder("specs")


def recipes_folder() -> Path:
    """Return the folder of the shipped recipes."""
    return _folder("recipes")


def _folder(name: str) -> Path:
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def spec_files() -> dict[str, Path]:
    """Return the files of the shipped specs by their names without the ending, such as ``mnist/resnet``, sorted."""
    return {name: path for name, path in _files(specs_folder()).items() if not name.startswith(f"{SWEEPS}/")}


def recipe_files() -> dict[str, Path]:
    """Return the files of the shipped recipes by name, such as ``mnist/lenet``, sorted."""
    return _files(recipes_folder())


def sweep_files() -> dict[str, Path]:
    """Return the files of the shipped sweeps by name, such as ``lenet_relu``, sorted."""
    return _files(specs_folder() / SWEEPS)


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.yaml"))}


def digest(data: bytes) -> str:
    """Return the SHA-256 of a text; the line ends of a checkout on Windows do not change it."""
    return sha256(data.replace(b"\r\n", b"\n")).hexdigest()


@lru_cache(maxsize=1)
def entries() -> Mapping[str, tuple[ZooEntry, ...]]:
    """Return the entries of each file, for the files whose text is the one that was indexed."""
    try:
        index: dict[str, dict[str, Any]] = json.loads((specs_folder() / INDEX).read_bytes())
    except FileNotFoundError:
        index = {}
    return {
        file: tuple(ZooEntry(**entry) for entry in index[file]["specs"])
        for file, path in spec_files().items()
        if file in index and index[file]["sha256"] == digest(path.read_bytes())
    }
