"""What the checker makes of a text, with every refusal and the tensors that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from cnnspec.engine.checking import check_patches, check_rules
from cnnspec.engine.diagnostics import Diagnostic, Sink, Source
from cnnspec.engine.layers import Layer, Refusal
from cnnspec.engine.network import Graph, Meter
from cnnspec.engine.network.context import Context, Flow
from cnnspec.engine.network.expand import Expander
from cnnspec.engine.network.expansion import PatchHits
from cnnspec.engine.network.inplace import Clash, clashes
from cnnspec.engine.network.reporter import Broken
from cnnspec.engine.spec import Arguments, Item, builtin_blocks, read


@dataclass(frozen=True)
class Refused:
    """A layer that does not take what arrives: ``values`` are the nodes whose outputs do, -1 the input."""

    type: str
    layer: Layer
    refusal: Refusal
    values: tuple[int, ...]


@dataclass(frozen=True)
class Invalid:
    """A layer that cannot be made of its arguments."""

    type: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """The errors of a text, and the graph of what is known in spite of them."""

    errors: tuple[Diagnostic, ...]
    graph: Graph | None
    refused: list[Refused] = field(default_factory=list)
    invalid: list[Invalid] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)


class _Probe(Expander):
    """An expansion that remembers what it refuses."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.refusals: list[Refused] = []
        self.invalid: list[Invalid] = []

    def make(self, item: Item, name: str, arguments: Arguments, context: Context) -> Layer:
        try:
            return super().make(item, name, arguments, context)
        except Broken:
            self.invalid.append(Invalid(name, {n: a.value for n, a in arguments.items()}))
            raise

    def refused(
        self,
        item: Item,
        layer: Layer,
        refusal: Refusal,
        given: Arguments,
        flows: tuple[Flow, ...],
        context: Context,
    ) -> None:
        self.refusals.append(Refused(type(layer).__name__, layer, refusal, tuple(flow.value for flow in flows)))
        super().refused(item, layer, refusal, given, flows, context)


def check(text: str) -> Checked:
    """The text under its last variant, if it has any."""
    sink = Sink()
    spec = read(Source("fuzz.yaml", text), sink, builtin_blocks())
    if spec is None:
        return Checked(tuple(_errors(sink)), None)
    meter, reached = Meter(), PatchHits()
    spec = replace(spec, variant=next(reversed(spec.variants), None))
    probe = _Probe(spec, sink, meter, reached)
    graph = probe.filled(probe.graph())
    check_patches(spec, reached, sink, meter, others=True)
    if graph is not None:
        check_rules(spec, (graph,), sink, meter, others=True)
    errors = tuple(_errors(sink))
    given = graph.live_values if graph and all(map(_in_place, errors)) else None
    found = (
        list(clashes(graph.nodes, tuple(graph.inputs.values()), given)) if graph and any(map(_in_place, errors)) else []
    )
    return Checked(errors, graph, probe.refusals, probe.invalid, found)


def _errors(sink: Sink) -> Iterator[Diagnostic]:
    return (diagnostic for diagnostic in sink if diagnostic.severity == "error")


def _in_place(error: Diagnostic) -> bool:
    return error.code in ("in-place-gradient", "in-place-shared")
