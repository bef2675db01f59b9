"""Graphs of single layers and of short texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cnnspec.engine.checking import check_spec
from cnnspec.engine.diagnostics import Sink, Source, plain
from cnnspec.engine.layers import JOINS, REGISTRY, Refusal, Shape
from cnnspec.engine.network import Graph
from cnnspec.engine.spec import builtin_blocks, read
from tests.layers.cases import CASES

OF_ONE_MAP = [  # the layers that take one tensor of fractions
    name for name, layer in REGISTRY.items() if layer.inputs == 1 and layer.takes in ((), ("float32",))
]
OF_ONE_OUTPUT = [name for name in OF_ONE_MAP if REGISTRY[name].role != "split"]


def graph_of(layers: str, *input: int, more: str = "") -> Graph:
    """The graph of ``layers``, a list in YAML's flow or block style."""
    sink = Sink()
    spec = read(Source("t.yaml", f"cnnspec: 1\ninput: {list(input)}\nlayers: {layers}\n{more}"), sink, builtin_blocks())
    assert spec is not None, [plain(d) for d in sink]
    graph, found = check_spec(spec)
    assert graph is not None
    assert not [*sink, *found], [plain(d) for d in [*sink, *found]]
    return graph


def chain(*lines: tuple[str, dict[str, Any]]) -> str:
    """Layers with their arguments as a list in flow style."""
    return json.dumps([{name: arguments} for name, arguments in lines])


def taken_cases(name: str) -> Iterator[tuple[dict[str, Any], Shape]]:
    """The hand-picked cases of a type that takes one tensor, without those that it refuses."""
    assert name not in JOINS
    for arguments, sizes in CASES[name]:
        try:
            REGISTRY[name].model_validate(arguments).infer(Shape(sizes))
        except Refusal:
            continue
        yield arguments, Shape(sizes)
