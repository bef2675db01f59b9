"""Graphs of random specs."""

from __future__ import annotations

from functools import cache
from random import Random

from cnnspec.engine.checking import check_spec
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import builtin_blocks, read
from tests.fuzz.text import TYPES, dump
from tests.fuzz.write import Writer


@cache
def written(seed: int) -> Graph | None:
    """The graph of a random spec, where it is sound."""
    text = dump(Writer(Random(seed), TYPES[seed % len(TYPES)]).spec())
    sink = Sink()
    spec = read(Source("t.yaml", text), sink, builtin_blocks())
    graph = spec and check_spec(spec)[0]
    return graph if not len(sink) and graph and graph.nodes else None
