"""The data of a report: trials, grouped into settings.

    Study
    ├── axes       names of the settings that differ, except the seed
    ├── settings   StudySetting: values on the axes ──► Trials, one for each seed
    ├── missing    Trials without an epoch: failed, left out, waiting
    ├── tested     settings that were measured on the test set
    └── notes      warnings for the top of the report

A value of None on an axis means that the setting does not have this axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

from cnnspec.engine.network import Graph
from cnnspec.engine.recipe import Recipe
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.train.watch import Figures, Metrics

EARLY = ("pruned", "failed")  # statuses of trials that stopped before their last epoch


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One run, or the reason why there is none. ``name`` is a run folder or the number of a point."""

    name: str
    values: Mapping[str, Any]
    seed: Any = None
    status: str = "done"
    reason: str = ""
    run: Path | None = None
    rows: tuple[Metrics, ...] = ()
    objective: float | None = None
    test: Figures | None = None
    network: Graph | None = None
    recipe: Recipe | None = None
    machine: str = ""

    @property
    def seconds(self) -> float:
        """The training time, without evaluation."""
        return sum(row.seconds for row in self.rows)

    def curve(self, name: str) -> list[tuple[int, float]]:
        """Return (epoch, value) pairs of a field of Metrics, without missing values."""
        pairs = [(row.epoch, getattr(row, name)) for row in self.rows]
        return [(epoch, value) for epoch, value in pairs if value is not None]


@dataclass(frozen=True, eq=False)
class StudySetting:
    """Trials with equal values, one per seed. Each has at least one epoch; ``missing`` counts trials without one."""

    label: str
    values: Mapping[str, Any]
    trials: tuple[Trial, ...]
    missing: int = 0

    @property
    def planned(self) -> int:
        """The number of seeds, including those without an epoch."""
        return len(self.trials) + self.missing

    @property
    def finished(self) -> int:
        """The number of seeds that finished: not pruned, failed, running or waiting."""
        return sum(trial.status == "done" and trial.objective is not None for trial in self.trials)

    @property
    def seeds(self) -> str:
        """The number of finished seeds: ``3``, or ``2 of 3``."""
        return str(self.planned) if self.finished == self.planned else f"{self.finished} of {self.planned}"

    @cached_property
    def objectives(self) -> list[float]:
        return [trial.objective for trial in self.trials if trial.objective is not None]

    @property
    def objective(self) -> float | None:
        """The mean over seeds."""
        return mean(self.objectives) if self.objectives else None

    @property
    def tested(self) -> list[Figures]:
        return [trial.test for trial in self.trials if trial.test]

    @property
    def test_accuracy(self) -> float:
        """The mean over the trials with test figures; requires at least one."""
        return mean(test.accuracy for test in self.tested)

    @property
    def network(self) -> Graph | None:
        return self.trials[0].network

    @property
    def seconds(self) -> float:
        """The mean training time of a trial."""
        return mean(trial.seconds for trial in self.trials)

    def curve(self, name: str) -> list[tuple[int, list[float]]]:
        """Return (epoch, values) pairs with the values of all trials that reached the epoch."""
        by_epoch: dict[int, list[float]] = {}
        for trial in self.trials:
            for epoch, value in trial.curve(name):
                by_epoch.setdefault(epoch, []).append(value)
        return sorted(by_epoch.items())


@dataclass(frozen=True, eq=False)
class Study:
    """The data of a report. Settings are sorted best first; those without an objective come last."""

    title: str
    measure: Measure
    axes: tuple[str, ...]
    settings: tuple[StudySetting, ...]
    missing: tuple[Trial, ...] = ()
    notes: tuple[str, ...] = ()
    logarithmic: frozenset[str] = frozenset()  # axes that the sweep file declares as logarithmic

    @cached_property
    def trials(self) -> list[Trial]:
        return [trial for setting in self.settings for trial in setting.trials]

    @cached_property
    def without_result(self) -> list[Trial]:
        """The trials without a result: those without an epoch, and those that stopped early."""
        trials = [*self.missing, *(trial for trial in self.trials if trial.reason or trial.status in EARLY)]
        return sorted(trials, key=lambda trial: (len(trial.name), trial.name))  # 2 before 10

    @cached_property
    def ranked(self) -> list[StudySetting]:
        """The settings that have an objective, best first."""
        return [setting for setting in self.settings if setting.objective is not None]

    @cached_property
    def tested(self) -> list[StudySetting]:
        """The settings that were measured on the test set, best first."""
        settings = [setting for setting in self.settings if setting.tested]
        return sorted(settings, key=lambda setting: -setting.test_accuracy)

    def levels(self, axis: str) -> list[Any]:
        """Return the values on an axis: numbers in ascending order, then the others in their first order."""
        values = [setting.values[axis] for setting in self.settings]
        distinct = list(dict.fromkeys([*values, *(trial.values.get(axis) for trial in self.missing)]))
        numbers = [value for value in distinct if are_numbers([value])]
        return [*sorted(numbers), *(value for value in distinct if not are_numbers([value]))]


def are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
