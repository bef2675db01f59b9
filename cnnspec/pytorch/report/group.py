"""Trials ──► settings: trials with equal values form one setting; the best setting comes first."""

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
    """Return the settings of trials, each with a label. ``missing`` are trials without an epoch."""
    groups: dict[tuple[object, ...], list[Trial]] = {}
    for trial in trials:
        groups.setdefault(_values_of(trial, axes), []).append(trial)
    lacking = Counter(_values_of(trial, axes) for trial in missing if trial.status != "left out")
    members = list(groups.values())
    rows = [{axis: group[0].values.get(axis) for axis in axes} for group in members]
    names = labels(axes, rows) if axes else [_only_label(group) for group in members]
    settings = [
        StudySetting(label, row, tuple(group), lacking[values])
        for label, row, (values, group) in zip(names, rows, groups.items(), strict=True)
    ]
    return tuple(sorted(settings, key=lambda setting: _rank(setting, measure)))


def _only_label(group: Sequence[Trial]) -> str:
    """Return the label of the only setting."""
    return group[0].network.name if group[0].network else group[0].name


def _values_of(trial: Trial, axes: Sequence[str]) -> tuple[object, ...]:
    return tuple(trial.values.get(axis) for axis in axes)


def _rank(setting: StudySetting, measure: Measure) -> tuple[bool, Rank]:
    """Return the rank by the rule of a sweep's choice: settings whose seeds all finished come first."""
    value = setting.objective
    return value is None, rank(setting.finished, setting.planned, 0 if value is None else -measure.sign * value)
