"""Ids that a module could not hold are refused."""

from __future__ import annotations

import pytest
from torch import nn

from cnnspec.spec.names import TAKEN, id_fault


def test_taken_names_are_those_of_torch() -> None:
    """Every public attribute of the modules that scopes become is refused as an id, and nothing else is."""
    attributes = {name for cls in (nn.Module, nn.Sequential) for name in dir(cls())}
    assert {name for name in attributes if not name.startswith("_")} == TAKEN


@pytest.mark.parametrize(
    "name", ["", "a.b", "forward", "__class__", "_modules", "prev", "input", "in", "a\x1b[31m", "x" * 101]
)
def test_bad_ids(name: str) -> None:
    """An id is printable, has no dot, and hides no attribute of a module."""
    assert id_fault(name)


@pytest.mark.parametrize("name", ["conv1", "0", "block1-0", "größe", "branch3x3_2a", "layer 1"])
def test_good_ids(name: str) -> None:
    """Any other text is an id."""
    assert id_fault(name) == ""
    nn.Module().add_module(name, nn.ReLU())
