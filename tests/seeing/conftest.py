"""What these tests share: a small network that was trained on the digits for a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec import load
from cnnspec.pytorch.train import Recipe, train
from tests.train.conftest import SMALL


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seen")
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    settings = Recipe.of(epochs=3, batch_size=64, optimizer={"Adam": {"lr": 0.01}}, threads=1)
    return train(load(folder / "small.yaml", dropout=0.5), settings, folder / "run").folder
