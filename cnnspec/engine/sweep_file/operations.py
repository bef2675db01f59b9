"""Samplers and pruners of sweeps, as data: `grid`, `{TPE: {seed: 1}}`, `{hyperband: {reduction: 3}}`."""

from typing import Annotated

from pydantic import Field

from cnnspec.engine.recipe.operation import Count, Operation, Positive, PositiveNumber
from cnnspec.engine.recipe.operations import Kind

Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Grid(Operation):
    """Every combination of the axes' values, in their order."""


class Random(Operation):
    """Points drawn evenly from the axes, known before the first of them runs."""

    seed: Seed = 0


class Tpe(Operation):
    """Optuna's tree-structured Parzen estimator, which asks for more points like the good ones."""

    seed: Seed = 0
    startup: Count = 10
    multivariate: bool = False


class Gp(Operation):
    """Optuna's Gaussian process."""

    seed: Seed = 0
    startup: Count = 10


class CmaEs(Operation):
    """CMA-ES over the axes that are ranges; the others are drawn evenly."""

    seed: Seed = 0
    startup: Count = 1
    sigma: PositiveNumber | None = None


class Median(Operation):
    """Ends a run that after an epoch is worse than the median of the others was, past the first runs and epochs."""

    startup: Count = 5
    warmup: Count = 1


class Hyperband(Operation):
    """Ends runs by successive halving, in brackets of several lengths."""

    min_epochs: Positive = 1
    reduction: Annotated[int, Field(ge=2, le=100)] = 3


SAMPLERS: dict[str, type[Operation]] = {"grid": Grid, "random": Random, "TPE": Tpe, "GP": Gp, "CmaEs": CmaEs}
PRUNERS: dict[str, type[Operation]] = {"median": Median, "hyperband": Hyperband}
SAMPLER = Kind("sampler", SAMPLERS, "sampler: {TPE: {seed: 1}}", of="sweeps")
PRUNER = Kind("pruner", PRUNERS, "pruner: {median: {startup: 5}}", of="sweeps")


def as_data(operation: Operation | None) -> dict[str, object] | None:
    """``{TPE: {seed: 0, …}}`` under the names of sweep files."""
    if operation is None:
        return None
    name = next(name for name, member in {**SAMPLERS, **PRUNERS}.items() if type(operation) is member)
    return {name: operation.arguments()}
