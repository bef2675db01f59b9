"""Every bound of a spec, checked on the graph of one variant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from msgspec.structs import replace

from cnnspec.budget.memory import memory_over
from cnnspec.budget.smallest import SOLVING, input_over
from cnnspec.budget.sums import macs_over, params_over
from cnnspec.diagnostics import Diagnostic, Frame
from cnnspec.network import Graph
from cnnspec.spec import Spec
from cnnspec.spec.budget import Budget, Limit
from cnnspec.syntax import Meter

Check = Callable[[Spec, Graph, Limit], Diagnostic | None]
CHECKS: dict[str, Check] = {
    "max_params": params_over,
    "max_macs": macs_over,
    "max_memory": memory_over,
}


def over_budget(
    spec: Spec, graph: Graph, budget: Budget | None = None, solving: Meter | None = None
) -> Iterator[Diagnostic]:
    """One diagnostic for each bound that a sound network exceeds, as it is under the spec's variant.

    ``solving`` is the meter for what it takes to solve for inputs: one for all variants.
    """
    limits: dict[str, Limit] = {}
    for bounds in (spec.budget, budget):
        limits |= {limit.name: limit for limit in bounds.of(spec.variant)} if bounds else {}
    trace = Frame(f"variant {spec.variant}") if spec.variant else None
    checks: dict[str, Check] = {**CHECKS, "min_input": partial(input_over, meter=solving or Meter(limit=SOLVING))}
    for limit in limits.values():
        found = checks[limit.name](spec, graph, limit)
        if found:
            yield replace(found, trace=trace)
