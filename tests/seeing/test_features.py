"""The maps of a layer are what the layer computes, in a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import conv2d

from cnnspec import load
from cnnspec.pytorch.evaluate import OpenedRun, features, open_run
from cnnspec.pytorch.evaluate.image import Given, Images
from cnnspec.pytorch.train import Recipe, train
from tests.cli.runner import run


@pytest.fixture(scope="module")
def opened(run_folder: Path) -> OpenedRun:
    return open_run(run_folder)


@pytest.fixture(scope="module")
def given(opened: OpenedRun) -> Given:
    return Images(opened, None, print, invert=False).get("test:2")


def test_maps_are_what_the_layer_computes(opened: OpenedRun, given: Given) -> None:
    """Those of the convolution, from its weights by hand; those behind it follow from these."""
    weights = opened.model.state_dict()
    image = opened.normalised(given.image.unsqueeze(0))
    expected = conv2d(image, weights["conv.weight"], weights["conv.bias"])[0]
    found = features(opened, given, "conv")
    assert torch.allclose(found.maps, expected, atol=1e-6)
    assert found.kind == "Conv2d"
    normed = features(opened, given, "norm").maps
    assert torch.equal(features(opened, given, "2").maps, normed.relu())


def test_a_layer_in_place_does_not_change_what_was_seen(tmp_path: Path) -> None:
    """The maps of a convolution keep their negative values, though the ReLU behind it writes over them."""
    text = """\
cnnspec: 1
name: inplace
input: [1, 8, 8]
layers:
  - Conv2d: {out_channels: 3, kernel_size: 3}
    id: conv
  - ReLU: {inplace: true}
  - Flatten
  - Linear: {out_features: 10}
"""
    (tmp_path / "net.yaml").write_text(text)
    folder = train(load(tmp_path / "net.yaml"), Recipe(epochs=1, batch_size=500), tmp_path / "run").folder
    opened = open_run(folder)
    assert float(features(opened, Given("one", torch.full((1, 8, 8), 255, dtype=torch.uint8)), "conv").maps.min()) < 0


def test_the_picture_is_drawn(run_folder: Path, tmp_path: Path) -> None:
    """A PNG of the image and four maps, where --out says."""
    path = tmp_path / "maps.png"
    done = run("features", str(run_folder), "test:2", "--layer", "conv", "--out", str(path))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{path} is written: 4 maps of `conv`\n"
    picture = np.array(Image.open(path).convert("L"))
    assert picture.min() == 0
    assert len(np.unique(picture)) > 30


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("fc", "`fc` gives 10 numbers, not maps"),
        ("fc", "maps come from conv, norm or 2"),
        ("cnv", "has no layer `cnv`"),
        ("cnv", "did you mean `conv`?"),
        ("", "has no layer ``"),
    ],
)
def test_a_layer_without_maps_is_refused(run_folder: Path, layer: str, message: str) -> None:
    """It says which have some."""
    done = run("features", str(run_folder), "test:0", "--layer", layer)
    assert done.exit_code == 2
    assert message in done.stderr
