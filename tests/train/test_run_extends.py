"""Runs of specs that extend others: the folder holds all texts, and needs none of those that it was made from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnnspec import CheckpointError, load
from cnnspec.pytorch.evaluate import evaluate
from cnnspec.pytorch.train import Recipe, train
from tests.train.conftest import SMALL

WIDER = """cnnspec: 1
extends: nets/small.yaml
params: {dropout: 0.25}
patch:
  - replace: conv
    layers: [Conv2d: {out_channels: 6, kernel_size: 3}]
"""
MINE = "cnnspec: 1\nextends: wider.yaml\npatch:\n  - remove: norm\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets").mkdir()
    for name, text in {"nets/small.yaml": SMALL, "wider.yaml": WIDER, "mine.yaml": MINE}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_run_needs_no_base_any_more(folder: Path) -> None:
    """With its bases changed and gone, a run gives its figures to the bit."""
    result = train(load(folder / "mine.yaml"), Recipe(epochs=1), folder / "run")
    (folder / "wider.yaml").unlink()
    (folder / "nets" / "small.yaml").write_text(SMALL.replace("out_channels: 4", "out_channels: 5"))
    again = evaluate((folder / "run").rename(folder / "moved")).figures
    assert (again.loss, again.correct) == (result.test.loss, result.test.correct)
    texts = {path.name: path.read_text() for path in (folder / "moved").glob("*.yaml") if path.name != "recipe.yaml"}
    assert texts == {"spec.yaml": MINE, "base-1.yaml": WIDER, "base-2.yaml": SMALL}


def test_a_run_of_a_shipped_base_keeps_its_text(tmp_path: Path) -> None:
    """What ships may change with the next version; the variant that its name stands for is found in the stored text."""
    path = tmp_path / "mine.yaml"
    path.write_text("cnnspec: 1\nextends: mnist/googlenet_fixed\n")
    result = train(load(path), Recipe(epochs=1, data="fake", batch_size=64), tmp_path / "run")
    base = tmp_path / "run" / "base-1.yaml"
    assert "googlenet_fixed:" in base.read_text()
    again = evaluate(tmp_path / "run").figures
    assert (again.loss, again.correct) == (result.test.loss, result.test.correct)
    base.unlink()
    with pytest.raises(CheckpointError, match=re.escape("base-1.yaml is missing")):
        evaluate(tmp_path / "run")
