"""Axes -> the values of points, where they are known before the first of them runs.

    grid      every combination, the last axis the fastest
    random    so many draws, evenly over the axes, from a seed

A point has a value only on axes whose condition it meets. cnnspec.pytorch.sweep.suggestions has a sampler's points.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random as Generator
from typing import Any

from cnnspec.engine.sweep_file import Axis, SweepFile, grid
from cnnspec.engine.sweep_file.operations import Grid, Random

Values = Mapping[str, Any]
MAX_DRAWS = 100  # for one point that is new


def is_known(file: SweepFile) -> bool:
    """Whether all points are known before the first runs."""
    return isinstance(file.sampler, Grid | Random)


def known_points(file: SweepFile) -> Iterator[Values]:
    """The points in their order, each once, no more of them than the budget has runs."""
    points = _drawn(file, file.sampler) if isinstance(file.sampler, Random) else grid(file.axes)
    for number, values in enumerate(points):
        if file.bounds.runs is not None and number >= file.bounds.runs:
            return
        yield values


def identity(values: Values) -> str:
    """What tells a point from others: its values, however they are ordered."""
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False)


def _drawn(file: SweepFile, sampler: Random) -> Iterator[Values]:
    generator, seen = Generator(sampler.seed), set[str]()  # noqa: S311 - points, not secrets
    while True:
        fresh = (draw(file.axes, generator) for _ in range(MAX_DRAWS))
        values = next((values for values in fresh if identity(values) not in seen), None)
        if values is None:
            return  # there are hardly any others
        seen.add(identity(values))
        yield values


def draw(axes: Sequence[Axis], generator: Generator) -> Values:
    """One point, drawn evenly."""
    values: dict[str, Any] = {}
    for axis in axes:
        if axis.is_on(values):
            values[axis.name] = axis.range.at(generator.random()) if axis.range else generator.choice(axis.values)
    return values
