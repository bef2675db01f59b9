"""Random specs whose exported source is compared with the built module to the bit: keys, weights, outputs."""

from __future__ import annotations

from collections import Counter
from random import Random

from cnnspec.engine.network import Graph
from cnnspec.engine.source import python
from cnnspec.engine.verify import verify
from tests.exports import named, same_network
from tests.fuzz.judge import Verdict
from tests.fuzz.probe import check
from tests.fuzz.structure import Structure
from tests.fuzz.text import dump
from tests.fuzz.torchside import Disagreement

TRIES = 200
LARGEST = 400  # nodes of a network that is run


def spec_of(seed: int) -> tuple[str, Graph, Counter[str]]:
    """The first sound spec that a seed gives, with its graph and what stands in it."""
    for attempt in range(TRIES):
        writer = Structure(Random(f"{seed} {attempt}"))
        text = dump(writer.spec())
        found = check(text)
        if not found.errors and found.graph is not None and 0 < len(found.graph.nodes) <= LARGEST:
            return text, found.graph, writer.features
    raise AssertionError(f"seed {seed} gives no sound spec")


def judge(graph: Graph, *, traced: bool = True) -> None:
    """Raises Disagreement where the source is not the network; ``traced`` compares its dataflow first."""
    try:
        source = python(graph, named())
        if traced:
            verify(graph, source)
        same_network(graph, source)
    except Exception as error:
        raise Disagreement(f"{type(error).__name__}: {error}") from error


def verdict(seed: int) -> Verdict:
    """Raises Disagreement."""
    text, graph, features = spec_of(seed)
    try:
        judge(graph)
    except Disagreement as error:
        raise Disagreement(f"{error}\n\n{text}") from error
    types = frozenset(node.type for node in graph.nodes)
    return Verdict(accepted=True, taken=types, reasons=Counter(dict.fromkeys(features, 1)))
