"""Points that a sampler of Optuna's asks for, one after another, from what the runs before them gave.

Each is checked as those of a plan are. One that cannot be run is left out: it counts for nothing, neither in the budget
nor for the sampler.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from random import Random as Generator
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import Trial, TrialState

from cnnspec.engine.recipe.operation import Operation
from cnnspec.engine.sweep_file import Axis, SweepFile
from cnnspec.engine.sweep_file.operations import CmaEs, Gp, Hyperband, Median, Tpe
from cnnspec.pytorch.sweep.claims import LEFT_OUT, NUMBER, OUTCOME, VALUES, Claim, Claims, is_given_up
from cnnspec.pytorch.sweep.folder import PointRecord
from cnnspec.pytorch.sweep.plan import PlannedPoint, Planner
from cnnspec.pytorch.sweep.space import draw
from cnnspec.pytorch.sweep.storage import telling

ASKS = 6  # of a sampler for one point: it learns nothing of what cannot be run, and may ask for that again
DRAWS = 300  # after them, evenly, for one that can be run


def sampler_of(operation: Operation, trials: int) -> BaseSampler:
    """Optuna's sampler. A sweep that goes on draws from another seed than it began with, or it would draw the same."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        match operation:
            case Tpe(seed=seed, startup=startup, multivariate=multivariate):
                return TPESampler(seed=seed + trials, n_startup_trials=startup, multivariate=multivariate)
            case Gp(seed=seed, startup=startup):
                return GPSampler(seed=seed + trials, n_startup_trials=startup)
            case CmaEs(seed=seed, startup=startup, sigma=sigma):
                own = RandomSampler(seed=seed + trials)
                quiet: dict[str, Any] = {"warn_independent_sampling": False, "independent_sampler": own}
                return CmaEsSampler(seed=seed + trials, n_startup_trials=startup, sigma0=sigma, **quiet)
            case _:
                return RandomSampler(seed=trials)


def pruner_of(operation: Operation | None, epochs: int) -> BasePruner:
    """Optuna's pruner; one that never prunes where there is none."""
    match operation:
        case Median(startup=startup, warmup=warmup):
            return MedianPruner(n_startup_trials=startup, n_warmup_steps=warmup + 1)  # epochs count from 1
        case Hyperband(min_epochs=least, reduction=factor):
            return HyperbandPruner(min_resource=least, max_resource=max(epochs, least), reduction_factor=factor)
        case _:
            return NopPruner()


class Suggestions:
    """Asks the sampler of a claims for points."""

    def __init__(self, file: SweepFile, claims: Claims, planner: Planner) -> None:
        self.file, self.claims, self.planner = file, claims, planner

    def next(self) -> Iterator[tuple[Claim | None, PlannedPoint]]:
        """Points that are left out, without a claim, and then one that is claimed; nothing where there are no more."""
        for _ in range(ASKS):
            if self.is_over():
                return
            number, values, trial = self.asked()
            planned = self.planner.point(number, values)
            if not planned.is_left_out and self.has_room(trial):
                self.claims.adopt(number, trial)
                yield Claim(number, values, trial), planned
                return
            self.claims.leave_out(trial)
            yield None, planned
        drawn = self.drawn()
        if drawn is not None and self.has_room(drawn[0].trial):
            yield drawn
        elif drawn is not None:
            self.claims.leave_out(drawn[0].trial)

    def asked(self) -> tuple[int, dict[str, Any], int]:
        """A point of the sampler's: its number, its values, its trial."""
        with telling(self.claims.url):
            trial = self.claims.study.ask()
            values: dict[str, Any] = {}
            for axis in self.file.axes:
                if axis.is_on(values):
                    values[axis.name] = suggested(trial, axis)
            number = self.claims.number_of(trial.number)
            trial.set_user_attr(VALUES, json.dumps(values))
            trial.set_user_attr(NUMBER, number)
        return number, values, trial.number

    def drawn(self) -> tuple[Claim, PlannedPoint] | None:
        """A point that can be run, drawn evenly; None where there are hardly any."""
        generator = Generator(len(self.claims.trials()))  # noqa: S311 - points, not secrets
        planner = Planner(self.planner.resolver, dict(self.planner.passed), self.planner.networks)
        for _ in range(DRAWS):
            values = draw(self.file.axes, generator)
            if not planner.point(0, values).is_left_out:
                axes = [axis for axis in self.file.axes if axis.name in values]
                params = {axis.name: coded(values[axis.name]) for axis in axes}
                claim = self.claims.added(None, values, params, {axis.name: distribution(axis) for axis in axes})
                self.claims.adopt(claim.number, claim.trial)
                return claim, self.planner.point(claim.number, values)
        return None

    def is_over(self) -> bool:
        return self.file.bounds.runs is not None and self.count() >= self.file.bounds.runs

    def has_room(self, trial: int) -> bool:
        """Whether a point is within the budget: other drivers may have asked meanwhile."""
        return self.file.bounds.runs is None or self.count(below=trial) < self.file.bounds.runs

    def count(self, below: int | None = None) -> int:
        """The points so far, or those with a lower trial, that count."""
        numbers = {
            trial.user_attrs.get(NUMBER, -trial.number - 1)
            for trial in self.claims.trials()
            if (below is None or trial.number < below)
            and trial.user_attrs.get(OUTCOME) != LEFT_OUT
            and (trial.state is not TrialState.FAIL or NUMBER in trial.user_attrs)
            and not (is_given_up(trial) and OUTCOME in trial.user_attrs)
        }
        return len(numbers)


def suggested(trial: Trial, axis: Axis) -> Any:
    """The value of an axis that the sampler wants."""
    kind = distribution(axis)
    if isinstance(kind, CategoricalDistribution):
        return axis.values[kind.choices.index(trial.suggest_categorical(axis.name, kind.choices))]
    if isinstance(kind, IntDistribution):
        return trial.suggest_int(axis.name, kind.low, kind.high, log=kind.log)
    assert isinstance(kind, FloatDistribution)
    return trial.suggest_float(axis.name, kind.low, kind.high, log=kind.log)


def distribution(axis: Axis) -> BaseDistribution:
    """What an axis is to Optuna."""
    if axis.range is None:
        return CategoricalDistribution([coded(value) for value in axis.values])
    if axis.range.is_int:
        return IntDistribution(int(axis.range.low), int(axis.range.high), log=axis.range.is_log)
    return FloatDistribution(axis.range.low, axis.range.high, log=axis.range.is_log)


def coded(value: Any) -> Any:
    """A value as a study holds it: a list or a mapping as text."""
    return value if isinstance(value, str | int | float | bool | None) else json.dumps(value)


def left_out(planned: PlannedPoint) -> PointRecord:
    """The record of a point that is not run."""
    at = f" ({planned.span})" if planned.span else ""
    reason = f"{planned.reason}{at}"
    return PointRecord(number=planned.number, values=dict(planned.values), status="left out", reason=reason)
