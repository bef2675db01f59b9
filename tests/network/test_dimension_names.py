"""What dimensions are called, tried on networks whose params and sizes are set to values that the names never saw."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

import cnnspec
from cnnspec.engine.table.names import dimension_names
from tests.cli.runner import run

TRIED = [  # a spec, a param or a size of its input, and a value of it
    ("resnet18", "H", 160),
    ("unet_same", "width", 80),
    ("vgg16", "W", 352),
    ("mnist/lenet", "num_classes", 7),
    ("densenet121", "growth", 24),
]


def value_of(name: str, sizes: dict[str, int]) -> Fraction:
    """What a name such as ``width·4/3`` is worth."""
    product, _, below = name.partition("/")
    found = Fraction(1, int(below or 1))
    for factor in product.split("·"):
        found *= int(factor) if factor.isdigit() else sizes[factor]
    return found


@pytest.mark.parametrize(("name", "what", "value"), TRIED)
def test_names_hold_for_other_values(name: str, what: str, value: int) -> None:
    """Each dimension whose name has the quantity in it is what the name says where that is set to another value."""
    spec = cnnspec.load(name)
    graph = cnnspec.graph(spec)
    names = dimension_names(spec, graph)
    _, height, width = graph.input if len(graph.input) == 3 else (0, 0, 0)
    params = {name: size for name, size in graph.root.opened.names.items() if type(size) is int}
    sizes = {**params, "H": height, "W": width, what: value}
    shape = (graph.input[0], sizes["H"], sizes["W"])
    other = cnnspec.graph(name, input=shape) if what in "HW" else cnnspec.graph(name, params={what: value})
    tried = 0
    for node in graph.nodes:
        for dim, text in enumerate(names[node.index]):
            if re.search(rf"(^|·){what}\b", text):
                assert value_of(text, sizes) == other[node.key].shape[dim], (node.key, text)
                tried += 1
    assert tried


def test_a_table_shows_names() -> None:
    printed = run("summary", "resnet18", "--names", "--depth", "1").output
    assert "512 × H/32 × W/32" in printed
    assert "num_classes" in printed
