"""Every point checked and priced before anything runs, and without torch.

Values ──Settler──► spec, recipe ──expand──► Graph ──► Planned: params, MACs, memory
                        │                      ├─ window-too-large at specs/x.yaml:7:28      left out
                        └─ unknown param       ├─ over the budget                            left out
                                               └─ the same network and recipe as point 3     left out
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnspec.engine.budget import over_budget
from cnnspec.engine.checking import expanded
from cnnspec.engine.diagnostics import Diagnostic, Sink, Span, SpecError, UsageError
from cnnspec.engine.network import Meter
from cnnspec.engine.network.graph import fingerprint
from cnnspec.engine.network.memory import memory
from cnnspec.engine.recipe import Recipe
from cnnspec.engine.spec import Spec
from cnnspec.engine.spec.budget import Budget
from cnnspec.pytorch.sweep.resolve import PointSetup, Resolver
from cnnspec.pytorch.sweep.space import identity
from cnnspec.pytorch.train.free_settings import FREE


@dataclass(frozen=True, slots=True, eq=False)
class PlannedPoint:
    """A point: its values, what its network costs, and, where it is left out, the reason and where that stands.

    ``memory`` is what a step of training takes, in bytes; ``fingerprint`` is that of the
    network and the recipe together.
    """

    number: int
    values: Mapping[str, Any]
    setup: PointSetup | None = None
    params: int | None = None
    macs: int | None = None
    memory: int = 0
    fingerprint: str = ""
    reason: str = ""
    span: Span | None = None

    @property
    def is_left_out(self) -> bool:
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class NetworkCost:
    """What a network costs: ``weights`` and ``image`` are the bytes of a training step, whole and for each image."""

    params: int
    macs: int
    weights: int
    image: int
    fingerprint: str


@dataclass(slots=True)
class Planner:
    """Checks points one after another, and knows the fingerprints of those that it has let pass."""

    resolver: Resolver
    passed: dict[str, int] = field(default_factory=dict)
    networks: dict[str, NetworkCost | Diagnostic] = field(default_factory=dict)

    def plan(self, points: Iterable[tuple[int, Mapping[str, Any]]]) -> tuple[PlannedPoint, ...]:
        """The points by number and values."""
        return tuple(self.point(number, values) for number, values in points)

    def point(self, number: int, values: Mapping[str, Any]) -> PlannedPoint:
        """One point, checked and priced."""
        try:
            setup = self.resolver.setup(values)
        except SpecError as error:
            return _left_out(number, values, error.diagnostics[0])
        except UsageError as error:
            return PlannedPoint(number, values, reason=error.first_line)
        figure = self.resolver.file.objective.figure
        if not setup.recipe.validation and figure.startswith("val"):
            return PlannedPoint(
                number, values, reason=f"the objective {figure} needs a validation part, and there is none"
            )
        found = self.priced(setup)
        if isinstance(found, Diagnostic):
            return _left_out(number, values, found)
        own = fingerprint((found.fingerprint, training_of(setup.recipe)))
        first = self.passed.setdefault(own, number)
        reason = f"the same network and recipe as point {first}" if first != number else ""
        takes = found.weights + found.image * setup.recipe.batch_size
        return PlannedPoint(number, values, setup, found.params, found.macs, takes, own, reason)

    def priced(self, setup: PointSetup) -> NetworkCost | Diagnostic:
        """What a network costs, or the first reason not to run it."""
        key = identity({**setup.as_job(), "recipe": None})
        if key not in self.networks:
            self.networks[key] = _price(setup.spec, self.resolver.file.bounds.network)
        return self.networks[key]


def _left_out(number: int, values: Mapping[str, Any], found: Diagnostic) -> PlannedPoint:
    return PlannedPoint(number, values, reason=f"{found.code}: {found.message}", span=found.span)


def _price(spec: Spec, budget: Budget | None) -> NetworkCost | Diagnostic:
    sink = Sink()
    graph = expanded(spec, sink, Meter())
    if len(sink) or graph is None:
        return sink.in_order()[0]
    over = next(iter(over_budget(spec, graph, budget)), None)
    if over is not None:
        return over
    takes = memory(graph)
    weights = takes.training(0)
    return NetworkCost(graph.params, graph.macs, weights, takes.training(1) - weights, graph.fingerprint)


def training_of(recipe: Recipe) -> list[tuple[str, Any]]:
    """All of a recipe that training follows from."""
    return sorted((name, value) for name, value in recipe.as_data().items() if name not in FREE)
