"""Whole networks: torchvision's builders, and the shipped specs that are built and imported again."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision import models

import cnnspec
from cnnspec.pytorch.importing import import_file
from cnnspec.pytorch.importing.construct import constructing
from tests.conftest import REPOSITORY
from tests.importing import modules
from tests.importing.equal import hold, import_equal
from tests.tiers import tiered

FOLDER = Path(__file__).parent / "torchvision"
SMALL = {
    "alexnet": 95,
    "resnet18": 64,
    "squeezenet1_1": 61,
    "mobilenet_v3_small": 64,
    "mnasnet0_5": 64,
    "shufflenet_v2_x1_0": 64,
    "regnet_y_400mf": 64,
    "efficientnet_b0": 64,
    "convnext_tiny": 64,
    "googlenet": 64,
    "densenet121": 64,
}
BASIC = ("resnet18", "squeezenet1_1", "shufflenet_v2_x1_0", "mobilenet_v3_small", "googlenet")


def builder(name: str) -> tuple[nn.Module, object]:
    """torchvision's network with random weights, and what its parts were given."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        return constructing(lambda: models.get_model(name, weights=None))


@pytest.mark.parametrize("name", tiered(SMALL, BASIC))
def test_builder_is_imported(name: str, golden: Callable[[Path, str], None]) -> None:
    """torchvision's own module is imported with all of its keys, outputs to the bit, and the text that was reviewed."""
    network, given = builder(name)
    made = import_equal(network, (3, SMALL[name], SMALL[name]), name, given)
    assert not [note for note in made.notes if "left out" in note]
    golden(FOLDER / f"{name}.yaml", made.text)


def test_import_of_resnet50_is_short() -> None:
    """The imported spec of resnet50 is not longer than three times the one that ships."""
    network, given = builder("resnet50")
    made = import_equal(network, (3, 64, 64), "resnet50", given)
    shipped = (REPOSITORY / "specs/resnet.yaml").read_text()
    assert len(made.text.splitlines()) <= 3 * len(shipped.splitlines())


@pytest.mark.parametrize("name", tiered(["resnet18", "mobilenet_v2", "shufflenet_v2_x0_5"], ["resnet18"]))
def test_shipped_spec_comes_back(name: str) -> None:
    """A spec that is built and imported again says the same network; so the importer reads our own modules, too."""
    import_equal(cnnspec.build(name), (3, 64, 64), name)


@pytest.mark.parametrize("name", ["Plain", "Residual", "UNet", "FlatUNet", "Gated", "Shuffle", "Scaled", "Levels"])
def test_exported_program_is_imported(name: str, tmp_path: Path) -> None:
    """A program of torch.export becomes the spec of the module that it was made of."""
    torch.manual_seed(0)
    network = getattr(modules, name)().eval()
    path = tmp_path / f"{name}.pt2"
    torch.export.save(torch.export.export(network, (torch.randn(2, 3, 32, 32),)), path)
    hold(import_file(path).text, network, {"input": (3, 32, 32)})
