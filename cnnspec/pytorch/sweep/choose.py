"""Which points are chosen: by validation alone, one setting for each value of the axes that the sweep names.

Points that differ in nothing but their seed are one setting, ranked by its mean; all of its runs are then measured.
Seeds that were pruned, failed or did not run give the setting no advantage:

    settings all of whose seeds finished                 by their mean
    then the others, by how many of their seeds finished, then by the mean of these
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import mean
from typing import Any

from cnnspec.engine.sweep_file import SweepFile
from cnnspec.engine.sweep_file.model import SEED
from cnnspec.pytorch.sweep.folder import PointRecord
from cnnspec.pytorch.sweep.record import Point
from cnnspec.pytorch.sweep.space import identity

Rank = tuple[bool, int, float]


def rank(finished: int, planned: int, cost: float) -> Rank:
    """The place of a setting among others, the least first; ``cost`` is the mean of what is to be small."""
    is_whole = finished == planned
    return (not is_whole, 0 if is_whole else -finished, cost)


def chosen(file: SweepFile, points: Iterable[PointRecord]) -> tuple[int, ...]:
    """The numbers of the chosen, in order; ``points`` are all that the sweep has, those that have not run included."""
    groups: dict[str, dict[str, list[PointRecord]]] = {}
    for point in sorted(points, key=lambda point: point.number):
        if point.status != "left out":
            group = identity({name: point.values.get(name) for name in file.choose})
            groups.setdefault(group, {}).setdefault(setting(file, point.values), []).append(point)
    best = (_best(file, list(settings.values())) for settings in groups.values())
    return tuple(sorted(point.number for points in best for point in points))


def setting(file: SweepFile, values: Mapping[str, Any]) -> str:
    """What tells the setting of a point from others: its values but the seed, unless one is chosen for each seed."""
    return identity({name: value for name, value in values.items() if name != SEED or SEED in file.choose})


def finished(points: Iterable[Point], values: Mapping[str, Any]) -> tuple[int, int]:
    """How many seeds of the setting of a point finished, and how many there are."""
    own = [point for point in points if point.status != "left out" and _but_seed(point.values) == _but_seed(values)]
    return sum(_is_done(point) for point in own), len(own)


def _best(file: SweepFile, settings: list[list[PointRecord]]) -> list[PointRecord]:
    """The points of the best setting that finished; of several that are equal, of the first."""
    ranked = [(points, done) for points in settings if (done := [point for point in points if _is_done(point)])]
    if not ranked:
        return []
    sign = -1 if file.objective.direction == "max" else 1
    return min(
        ranked, key=lambda pair: rank(len(pair[1]), len(pair[0]), sign * mean(p.objective or 0 for p in pair[1]))
    )[1]


def _is_done(point: PointRecord | Point) -> bool:
    return point.status == "done" and point.objective is not None


def _but_seed(values: Mapping[str, Any]) -> str:
    return identity({name: value for name, value in values.items() if name != SEED})
