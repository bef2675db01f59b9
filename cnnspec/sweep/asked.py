"""Points that a sampler of Optuna's asks for, one after another, from what the runs before them gave.

Each is checked as those of a plan are. One that cannot be run is left out: it counts for nothing, neither in the budget
nor for the sampler.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import Trial, TrialState

from cnnspec.recipe.operation import Operation
from cnnspec.sweep.book import LEFT_OUT, NUMBER, OUTCOME, VALUES, Book, Claim, is_given_up
from cnnspec.sweep.folder import Record
from cnnspec.sweep.plan import Planned, Planner
from cnnspec.sweep.storage import telling
from cnnspec.sweepfile import Axis, SweepFile
from cnnspec.sweepfile.operations import CmaEs, Gp, Hyperband, Median, Tpe

MOST_REFUSED = 200  # points in a row that cannot be run: the sampler finds no others


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
            return MedianPruner(n_startup_trials=startup, n_warmup_steps=warmup)
        case Hyperband(min_epochs=least, reduction=factor):
            return HyperbandPruner(min_resource=least, max_resource=max(epochs, least), reduction_factor=factor)
        case _:
            return NopPruner()


class Asker:
    """Asks the sampler of a book for points."""

    def __init__(self, file: SweepFile, book: Book, planner: Planner) -> None:
        self.file, self.book, self.planner = file, book, planner

    def next(self) -> Iterator[tuple[Claim | None, Planned]]:
        """Points that are left out, without a claim, and then one that is claimed; nothing where there are no more."""
        for _ in range(MOST_REFUSED):
            if self.is_over():
                return
            with telling(self.book.url):
                trial = self.book.study.ask()
                values = {axis.name: suggested(trial, axis) for axis in self.file.axes if self.is_on(axis, trial)}
                number = self.book.number_of(trial.number)
                trial.set_user_attr(VALUES, json.dumps(values))
                trial.set_user_attr(NUMBER, number)
            planned = self.planner.point(number, values)
            if not planned.is_left_out and self.has_room(trial.number):
                self.book.adopt(number, trial.number)
                yield Claim(number, values, trial.number), planned
                return
            self.book.leave_out(trial.number)
            yield None, planned

    def is_on(self, axis: Axis, trial: Trial) -> bool:
        above = {other.name: suggested(trial, other) for other in self.file.axes if other.name in trial.params}
        return axis.is_on(above)

    def is_over(self) -> bool:
        return self.file.bounds.runs is not None and self.count() >= self.file.bounds.runs

    def has_room(self, trial: int) -> bool:
        """Whether a point is within the budget: other drivers may have asked meanwhile."""
        return self.file.bounds.runs is None or self.count(below=trial) < self.file.bounds.runs

    def count(self, below: int | None = None) -> int:
        """The points so far, or those with a lower trial, that count."""
        numbers = {
            trial.user_attrs.get(NUMBER, -trial.number - 1)
            for trial in self.book.trials()
            if (below is None or trial.number < below)
            and trial.user_attrs.get(OUTCOME) != LEFT_OUT
            and (trial.state is not TrialState.FAIL or NUMBER in trial.user_attrs)
            and not (is_given_up(trial) and OUTCOME in trial.user_attrs)
        }
        return len(numbers)


def suggested(trial: Trial, axis: Axis) -> Any:
    """The value of an axis; a list or a mapping goes through the study as text."""
    if axis.range is None:
        texts = [v if isinstance(v, str | int | float | bool | None) else json.dumps(v) for v in axis.values]
        return axis.values[texts.index(trial.suggest_categorical(axis.name, texts))]
    if axis.range.is_int:
        return trial.suggest_int(axis.name, int(axis.range.low), int(axis.range.high), log=axis.range.is_log)
    return trial.suggest_float(axis.name, axis.range.low, axis.range.high, log=axis.range.is_log)


def left_out(planned: Planned) -> Record:
    """The record of a point that is not run."""
    at = f" ({planned.span})" if planned.span else ""
    reason = f"{planned.reason}{at}"
    return Record(number=planned.number, values=dict(planned.values), status="left out", reason=reason)
