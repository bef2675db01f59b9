"""Random specs, built and imported again: what comes back is the same network."""

from __future__ import annotations

import warnings

import pytest

from cnnspec.engine.checking import examine
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.network import Graph
from cnnspec.pytorch.build.module import module
from cnnspec.pytorch.importing import import_module
from tests.fuzz.text import spec_of

SEEDS = 120
LARGEST = 500_000  # numbers in all tensors of a network


def size(graph: Graph) -> int:
    return graph.params + sum(node.shape.elements for node in graph.nodes)


@pytest.mark.parametrize("part", range(4))
def test_random_networks_come_back(part: int) -> None:
    """Of every sound spec of the fuzzer the importer writes one that builds back, which it checks to the bit."""
    seen = 0
    for seed in range(part, SEEDS, 4):
        found = examine(Source("random", spec_of(seed)))
        if found.errors or len(found.graphs[0].inputs) > 1 or size(found.graphs[0]) > LARGEST:
            continue
        graph = found.graphs[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about single values and sizes that are not whole
            text = import_module(module(graph), {"input": tuple(graph.input)}, "random").text
        assert text.startswith("# yaml-language-server"), seed
        seen += 1
    assert seen > SEEDS // 16
