"""Where settings that were drawn at random lie on two axes of numbers: the darker the better, the best with a ring."""

from __future__ import annotations

from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnspec.pytorch.report.charts.heat import LEAST_LEVELS, colour, shade
from cnnspec.pytorch.report.charts.heat import pairs as grids
from cnnspec.pytorch.report.charts.style import INK, SOFT, WIDE, figure_of, log_scale
from cnnspec.pytorch.report.labels import cut, short_names
from cnnspec.pytorch.report.study import Study, StudySetting, are_numbers

MOST_PAIRS = 3


def pairs(study: Study) -> list[tuple[str, str]]:
    """The pairs of axes of numbers that make no grid."""
    axes = [axis for axis in study.axes if len(study.levels(axis)) >= LEAST_LEVELS and _numbers(study, axis)]
    found = [pair for pair in combinations(axes, 2) if pair not in grids(study) and len(_shown(study, pair)) > 2]
    return found[:MOST_PAIRS]


def _numbers(study: Study, axis: str) -> list[float]:
    return [value for value in study.levels(axis) if are_numbers([value])]


def _shown(study: Study, pair: tuple[str, str]) -> list[StudySetting]:
    """The settings that have both; others lack one by a condition."""
    return [setting for setting in study.ranked if are_numbers([setting.values[axis] for axis in pair])]


def places(study: Study, pair: tuple[str, str], width: int) -> Figure:
    """A dot for each setting."""
    figure = figure_of(width, 380 if width == WIDE else 300)
    axes = figure.subplots()
    shown = _shown(study, pair)
    shades = shade(study.measure, [setting.objective or 0 for setting in study.ranked])
    for setting in reversed(shown):
        at = [setting.values[axis] for axis in pair]
        fill = colour(shades[setting.objective or 0])
        axes.plot(*at, "o", markersize=9, color=fill, markeredgecolor=SOFT, markeredgewidth=0.8)
    best = [shown[0].values[axis] for axis in pair]
    axes.plot(*best, "o", markersize=16, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.4)
    for which, axis in zip("xy", pair, strict=True):
        _axis(axes, study, axis, which)
    return figure


def _axis(axes: Axes, study: Study, axis: str, which: str) -> None:
    values = _numbers(study, axis)
    if min(values) > 0 and (axis in study.logarithmic or max(values) > 50 * min(values)):
        log_scale(axes, values, which, most=1000)
    name = cut(short_names(study.axes)[axis], 40)
    (axes.set_xlabel if which == "x" else axes.set_ylabel)(name)
    axes.margins(0.08)
