"""What a report is of: trials, and the settings that several of them share.

    Study
    ├── axes       the names of what differs, the seed apart
    ├── settings   Setting: values on the axes ──► Trials, one for each seed
    ├── missing    Trials without an epoch: failed, left out, waiting
    ├── chosen     settings that were measured on the test part
    └── notes      what a reader has to know first

A value None on an axis: the setting does not have it.
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

EARLY = ("pruned", "failed")  # ends before the last epoch


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One run, or why there is none. ``name`` is what a user calls it: a folder, or the number of a point."""

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
        """Those of training alone."""
        return sum(row.seconds for row in self.rows)

    def curve(self, name: str) -> list[tuple[int, float]]:
        """Epochs and a field of Metrics, where it is known."""
        pairs = [(row.epoch, getattr(row, name)) for row in self.rows]
        return [(epoch, value) for epoch, value in pairs if value is not None]


@dataclass(frozen=True, eq=False)
class StudySetting:
    """Trials of the same values, one for each seed. All have an epoch at least; ``missing`` others have none."""

    label: str
    values: Mapping[str, Any]
    trials: tuple[Trial, ...]
    missing: int = 0

    @property
    def planned(self) -> int:
        """The seeds that there are, those without an epoch included."""
        return len(self.trials) + self.missing

    @property
    def finished(self) -> int:
        """The seeds that finished: not pruned, failed, under way or still to come."""
        return sum(trial.status == "done" and trial.objective is not None for trial in self.trials)

    @property
    def seeds(self) -> str:
        """How many seeds finished: ``3``, or ``2 of 3``."""
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
        """The mean over those that were measured; there is one at least."""
        return mean(test.accuracy for test in self.tested)

    @property
    def network(self) -> Graph | None:
        return self.trials[0].network

    @property
    def seconds(self) -> float:
        """Of one training, in the mean."""
        return mean(trial.seconds for trial in self.trials)

    def curve(self, name: str) -> list[tuple[int, list[float]]]:
        """Epochs, and the values of all trials that came so far."""
        found: dict[int, list[float]] = {}
        for trial in self.trials:
            for epoch, value in trial.curve(name):
                found.setdefault(epoch, []).append(value)
        return sorted(found.items())


@dataclass(frozen=True, eq=False)
class Study:
    """All that a report shows. Settings stand best first; those without an objective last."""

    title: str
    measure: Measure
    axes: tuple[str, ...]
    settings: tuple[StudySetting, ...]
    missing: tuple[Trial, ...] = ()
    notes: tuple[str, ...] = ()
    logarithmic: frozenset[str] = frozenset()  # axes that are said to be so

    @cached_property
    def trials(self) -> list[Trial]:
        return [trial for setting in self.settings for trial in setting.trials]

    @cached_property
    def without(self) -> list[Trial]:
        """What has no result: all without an epoch, and those that did not get to their end for a reason."""
        found = [*self.missing, *(trial for trial in self.trials if trial.reason or trial.status in EARLY)]
        return sorted(found, key=lambda trial: (len(trial.name), trial.name))  # 2 before 10

    @cached_property
    def ranked(self) -> list[StudySetting]:
        """The settings that have an objective, best first."""
        return [setting for setting in self.settings if setting.objective is not None]

    @cached_property
    def tested(self) -> list[StudySetting]:
        """The settings that were measured on the test part, best first."""
        found = [setting for setting in self.settings if setting.tested]
        return sorted(found, key=lambda setting: -setting.test_accuracy)

    def levels(self, axis: str) -> list[Any]:
        """The values on an axis in order: numbers by size, others as they come."""
        values = [setting.values[axis] for setting in self.settings]
        found = list(dict.fromkeys([*values, *(trial.values.get(axis) for trial in self.missing)]))
        numbers = [value for value in found if are_numbers([value])]
        return [*sorted(numbers), *(value for value in found if not are_numbers([value]))]


def are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
