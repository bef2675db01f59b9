"""What the tests of training share: a small network, and IDX files made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnnspec import Spec, load
from cnnspec.pytorch.train import Recipe, Result, Watcher, train

SMALL = """\
cnnspec: 1
name: small
input: [1, 8, 8]
params:
  num_classes: 10
  dropout: {type: float, default: 0, min: 0, max: 1}
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3}
    id: conv
  - BatchNorm2d:
    id: norm
  - ReLU
  - Flatten
  - Dropout: {p: $dropout}
  - Linear: {out_features: $num_classes}
    id: fc
"""


class Notes(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def small(small_file: Path) -> Spec:
    return load(small_file)


@pytest.fixture
def run_small(small_file: Path, tmp_path: Path) -> Callable[..., Result]:
    """Trains the small network on the digits for one epoch, into a folder of that name."""

    def run(name: str = "run", params: dict[str, Any] | None = None, **settings: object) -> Result:
        chosen = Recipe.of(**{"epochs": 1, "batch_size": 128, **settings})
        return train(load(small_file, **(params or {})), chosen, tmp_path / name)

    return run
