"""Every bound of a spec, checked on the graph of one variant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from cnnspec.budget.memory import memory_over
from cnnspec.budget.smallest import input_over
from cnnspec.budget.sums import macs_over, params_over
from cnnspec.diagnostics import Diagnostic, Frame
from cnnspec.network import Graph
from cnnspec.spec import Spec
from cnnspec.spec.budget import Budget, Limit

Check = Callable[[Spec, Graph, Limit], Diagnostic | None]
CHECKS: dict[str, Check] = {
    "max_params": params_over,
    "max_macs": macs_over,
    "max_memory": memory_over,
    "min_input": input_over,
}


def over_budget(spec: Spec, graph: Graph, budget: Budget | None = None) -> Iterator[Diagnostic]:
    """One diagnostic for each bound that a sound network exceeds, as it is under the spec's variant."""
    limits: dict[str, Limit] = {}
    for bounds in (spec.budget, budget):
        limits |= {limit.name: limit for limit in bounds.of(spec.variant)} if bounds else {}
    trace = Frame(f"variant {spec.variant}") if spec.variant else None
    for limit in limits.values():
        found = CHECKS[limit.name](spec, graph, limit)
        if found:
            yield replace(found, trace=trace)
