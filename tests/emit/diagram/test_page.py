"""What is drawn is legible: nothing overlaps, spills or ends nowhere, and every layer is accounted for."""

from __future__ import annotations

from random import Random

import pytest

import cnnspec
from cnnspec.checking import check_spec
from cnnspec.diagnostics import Sink, Source
from cnnspec.emit.diagram import figure_of
from cnnspec.emit.diagram.page import scene
from cnnspec.network import Graph
from cnnspec.spec import builtin_blocks, known_specs, read
from tests.emit.diagram.geometry import faults
from tests.fuzz.text import TYPES, dump
from tests.fuzz.write import Writer


@pytest.mark.parametrize("name", known_specs())
def test_pages_of_shipped_specs_are_legible(name: str) -> None:
    """Boxes lie on the page and apart, text fits its box, wires end at boxes and cross none."""
    assert not faults(scene(figure_of(cnnspec.graph(name))))


def written(seed: int) -> Graph | None:
    """The graph of a random spec, where it is sound."""
    text = dump(Writer(Random(seed), TYPES[seed % len(TYPES)]).spec())
    sink = Sink()
    spec = read(Source("t.yaml", text), sink, builtin_blocks())
    graph = spec and check_spec(spec)[0]
    return graph if not len(sink) and graph and graph.nodes else None


@pytest.mark.parametrize("part", range(4))
def test_pages_of_random_specs_are_legible(part: int) -> None:
    """Whatever a spec says, and however deep it is opened, its page is legible."""
    seen = 0
    for seed in range(part, 400, 4):
        graph = written(seed)
        if graph is None:
            continue
        seen += 1
        for depth in (None, 1):
            found = faults(scene(figure_of(graph, depth)))
            assert not found, (seed, depth, found[:3])
    assert seen > 80
