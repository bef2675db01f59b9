"""The values that a sweep file is made of, with their places. Frozen, plain data.

networks × axes ──sampler──► points, each a spec with its params and a recipe with its settings
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal

from cnnspec.engine.diagnostics import Source, Span
from cnnspec.engine.recipe.operation import Operation
from cnnspec.engine.recipe.overrides import Setting
from cnnspec.engine.spec.budget import Budget
from cnnspec.engine.syntax import Map

SPEC, VARIANT, INPUT, SEED, RECIPE = "spec", "variant", "input", "seed", "recipe"
PARAMS = "params."
Figure = Literal["val_accuracy", "val_loss", "train_accuracy", "train_loss"]
When = Literal["last", "best"]


def flow(value: Any) -> str:
    """A value as a sweep file writes it: ``1e-05``, ``true``, ``[2, 2]``, ``{SGD: {lr: 0.1}}``."""
    match value:
        case None | bool():
            return json.dumps(value)
        case float():
            return f"{value:.6g}"
        case list() | tuple():
            return f"[{', '.join(map(flow, value))}]"
        case Mapping():
            return "{" + ", ".join(f"{key}: {flow(part)}" for key, part in value.items()) + "}"
    return str(value)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set: params of the spec, and settings of the recipe; ``spans`` are where they stand, by their names."""

    params: Mapping[str, Any] = field(default_factory=dict)
    recipe: tuple[Setting, ...] = ()
    spans: Mapping[str, Span] = field(default_factory=dict)

    def with_(self, other: Settings) -> Settings:
        """The same with others on top."""
        spans = {**self.spans, **other.spans}
        return Settings({**self.params, **other.params}, (*self.recipe, *other.recipe), spans)


@dataclass(frozen=True, slots=True)
class NetworkEntry:
    """One network of a sweep: what points call it, its spec, and what is set for it alone.

    ``recipe`` is the name or the path of its own, None where it has that of the sweep. ``spans`` are where its variant
    and its recipe stand.
    """

    label: str
    spec: str
    span: Span
    variant: str | None = None
    recipe: str | None = None
    settings: Settings = Settings()
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Range:
    """From ``low`` to ``high``, both of them in it, evenly or evenly in their logarithms; ``steps`` in a grid."""

    low: float
    high: float
    is_log: bool = False
    is_int: bool = False
    steps: int | None = None

    def grid(self) -> tuple[float, ...]:
        """The values of a grid; whole numbers where the ends are."""
        count = self.steps or 1
        shares = [index / (count - 1) for index in range(count)] if count > 1 else [0.0]
        return tuple(dict.fromkeys(self.at(share) for share in shares))

    def at(self, share: float) -> float:
        """The value at a share of the way, from 0 to 1."""
        if share in (0, 1):
            value = self.high if share else self.low
        elif self.is_log:
            value = float(f"{self.low * (self.high / self.low) ** share:.12g}")  # 0.001, and not 0.00099999
        else:
            value = float(f"{self.low + (self.high - self.low) * share:.12g}")
        return round(value) if self.is_int else value


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that differs: its values with their places, or the range that they are of.

    ``when`` are values of axes above it, all of which a point needs to have for this axis to be one of its own.
    """

    name: str
    span: Span
    values: tuple[Any, ...] = ()
    spans: tuple[Span, ...] = ()
    range: Range | None = None
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def grid(self) -> tuple[Any, ...]:
        """The values that a grid has."""
        return self.range.grid() if self.range else self.values

    def has(self, value: Any) -> bool:
        """Whether a point may have this value here."""
        if self.range is None or self.range.steps is not None:
            return value in self.grid
        return type(value) in (int, float) and self.range.low <= value <= self.range.high

    def is_on(self, values: Mapping[str, Any]) -> bool:
        """Whether a point with these values on the axes above has a value here."""
        return all(name in values and values[name] in wanted for name, wanted in self.when.items())

    @property
    def tried(self) -> tuple[tuple[Any, Span], ...]:
        """The values that are checked, each with its place: of a range its ends, which stand at the axis."""
        ends = ((self.range.low, self.span), (self.range.high, self.span)) if self.range else ()
        return (*zip(self.values, self.spans, strict=True), *ends)


def grid(axes: Sequence[Axis], above: Mapping[str, Any] | None = None) -> Iterator[Mapping[str, Any]]:
    """The values of every combination, the last axis the fastest."""
    above = above or {}
    if not axes:
        yield dict(above)
        return
    first, *rest = axes
    for values in ({**above, first.name: value} for value in first.grid) if first.is_on(above) else (above,):
        yield from grid(rest, values)


def points(axes: Sequence[Axis]) -> Iterator[int]:
    """How many points a grid has, in parts: those of each combination of the axes that others depend on."""
    deciding = {name for axis in axes for name in axis.when}
    sizes = {axis.name: len(axis.grid) for axis in axes if axis.name not in deciding}
    for values in grid([axis for axis in axes if axis.name in deciding]):
        yield prod(sizes[axis.name] for axis in axes if axis.name in sizes and axis.is_on(values))


@dataclass(frozen=True, slots=True)
class Objective:
    """The figure that runs are compared by: that of the last epoch, or the best of all."""

    figure: Figure = "val_accuracy"
    when: When = "last"

    @property
    def direction(self) -> Literal["min", "max"]:
        return "max" if self.figure.endswith("accuracy") else "min"

    def __str__(self) -> str:
        return self.figure if self.when == "last" else f"best {self.figure}"

    def of(self, values: list[float]) -> float:
        """What a run is worth by its figure after each epoch."""
        return values[-1] if self.when == "last" else max(values) if self.direction == "max" else min(values)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a sweep ends: so many runs, so many seconds; and what a network may cost to be run at all."""

    runs: int | None = None
    time: float | None = None
    network: Budget | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SweepFile:
    """A sweep file, read: ``recipe`` is the name or path of one, or the tree of one that is written in it."""

    source: Source
    name: str
    description: str
    networks: tuple[NetworkEntry, ...]
    recipe: str | Map | None
    settings: Settings
    axes: tuple[Axis, ...]
    sampler: Operation
    pruner: Operation | None
    objective: Objective
    choose: tuple[str, ...]
    bounds: Bounds
    recipe_span: Span
