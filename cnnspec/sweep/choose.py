"""Which points are chosen: by validation alone, one setting for each value of the axes that the sweep names.

Points that differ in nothing but their seed are one setting, judged by its mean; all of its runs are then measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from cnnspec.sweep.folder import Record
from cnnspec.sweep.space import identity
from cnnspec.sweepfile import SweepFile
from cnnspec.sweepfile.model import SEED


def chosen(file: SweepFile, records: Mapping[int, Record]) -> tuple[int, ...]:
    """The numbers of the chosen, in order."""
    groups: dict[str, dict[str, list[Record]]] = {}
    for record in sorted(records.values(), key=lambda record: record.number):
        if record.status == "done" and record.objective is not None:
            group = identity({name: record.values.get(name) for name in file.choose})
            setting = identity(
                {name: value for name, value in record.values.items() if name != SEED or SEED in file.choose}
            )
            groups.setdefault(group, {}).setdefault(setting, []).append(record)
    best = [min(settings.values(), key=lambda runs: _cost(file, runs)) for settings in groups.values()]
    return tuple(sorted(record.number for runs in best for record in runs))


def _cost(file: SweepFile, runs: list[Record]) -> float:
    """The smaller, the better; the first of several that are equal."""
    mean = fmean(record.objective for record in runs if record.objective is not None)
    return -mean if file.objective.direction == "max" else mean
