"""Trials ──► settings: trials of the same values are one setting, best settings first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cnnspec.pytorch.report.labels import labels
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.report.study import StudySetting, Trial
from cnnspec.pytorch.sweep.choose import Rank, rank


def grouped(
    trials: Sequence[Trial], axes: Sequence[str], measure: Measure, missing: Sequence[Trial] = ()
) -> tuple[StudySetting, ...]:
    """The settings of trials, each with its label; ``missing`` are trials without an epoch, which they lack."""
    groups: dict[tuple[object, ...], list[Trial]] = {}
    for trial in trials:
        groups.setdefault(_place(trial, axes), []).append(trial)
    lacking = Counter(_place(trial, axes) for trial in missing if trial.status != "left out")
    members = list(groups.values())
    rows = [{axis: group[0].values.get(axis) for axis in axes} for group in members]
    called = labels(axes, rows) if axes else [_alone(group) for group in members]
    settings = [
        StudySetting(label, row, tuple(group), lacking[place])
        for label, row, (place, group) in zip(called, rows, groups.items(), strict=True)
    ]
    return tuple(sorted(settings, key=lambda setting: _rank(setting, measure)))


def _alone(group: Sequence[Trial]) -> str:
    """What the only setting is called."""
    return group[0].network.name if group[0].network else group[0].name


def _place(trial: Trial, axes: Sequence[str]) -> tuple[object, ...]:
    return tuple(trial.values.get(axis) for axis in axes)


def _rank(setting: StudySetting, measure: Measure) -> tuple[bool, Rank]:
    """As a sweep chooses: settings whose seeds all finished first."""
    value = setting.objective
    return value is None, rank(setting.finished, setting.planned, 0 if value is None else -measure.sign * value)
