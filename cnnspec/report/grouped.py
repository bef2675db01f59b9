"""Trials ──► settings: trials of the same values are one setting, best settings first."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.report.labels import labels
from cnnspec.report.measure import Measure
from cnnspec.report.study import Setting, Trial


def grouped(trials: Sequence[Trial], axes: Sequence[str], measure: Measure) -> tuple[Setting, ...]:
    """The settings of trials, each with its label."""
    groups: dict[tuple[object, ...], list[Trial]] = {}
    for trial in trials:
        groups.setdefault(tuple(trial.values.get(axis) for axis in axes), []).append(trial)
    members = list(groups.values())
    rows = [{axis: group[0].values.get(axis) for axis in axes} for group in members]
    called = labels(axes, rows) if axes else [_alone(group) for group in members]
    settings = [Setting(label, row, tuple(group)) for label, row, group in zip(called, rows, members, strict=True)]
    return tuple(sorted(settings, key=lambda setting: _rank(setting, measure)))


def _alone(group: Sequence[Trial]) -> str:
    """What the only setting is called."""
    return group[0].network.name if group[0].network else group[0].name


def _rank(setting: Setting, measure: Measure) -> tuple[bool, float]:
    value = setting.objective
    return (value is None, 0 if value is None else -measure.sign * value)
