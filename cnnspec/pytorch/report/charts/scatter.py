"""Scatter plots of randomly drawn settings over two numeric axes: darker is better, and a ring marks the best."""

from __future__ import annotations

from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnspec.pytorch.report.charts.heat import LEAST_LEVELS, level_color, shade
from cnnspec.pytorch.report.charts.heat import pairs as grids
from cnnspec.pytorch.report.charts.style import INK, SOFT, WIDE, figure_of, log_scale
from cnnspec.pytorch.report.labels import cut, short_names
from cnnspec.pytorch.report.study import Study, StudySetting, are_numbers

MOST_PAIRS = 3


def pairs(study: Study) -> list[tuple[str, str]]:
    """Return the pairs of numeric axes that do not form a grid."""
    axes = [axis for axis in study.axes if len(study.levels(axis)) >= LEAST_LEVELS and _numbers(study, axis)]
    scatter_pairs = [
        pair for pair in combinations(axes, 2) if pair not in grids(study) and len(_settings_with_both(study, pair)) > 2
    ]
    return scatter_pairs[:MOST_PAIRS]


def _numbers(study: Study, axis: str) -> list[float]:
    return [value for value in study.levels(axis) if are_numbers([value])]


def _settings_with_both(study: Study, pair: tuple[str, str]) -> list[StudySetting]:
    """Return the settings with a number on both axes; conditional axes have none for some settings."""
    return [setting for setting in study.ranked if are_numbers([setting.values[axis] for axis in pair])]


def scatter(study: Study, pair: tuple[str, str], width: int) -> Figure:
    """Draw a dot for each setting."""
    figure = figure_of(width, 380 if width == WIDE else 300)
    axes = figure.subplots()
    settings = _settings_with_both(study, pair)
    shades = shade(study.measure, [setting.objective or 0 for setting in study.ranked])
    for setting in reversed(settings):
        point = [setting.values[axis] for axis in pair]
        fill = level_color(shades[setting.objective or 0])
        axes.plot(*point, "o", markersize=9, color=fill, markeredgecolor=SOFT, markeredgewidth=0.8)
    best = [settings[0].values[axis] for axis in pair]
    axes.plot(*best, "o", markersize=16, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.4)
    for which, axis in zip("xy", pair, strict=True):
        _axis(axes, study, axis, which)
    return figure


def _axis(axes: Axes, study: Study, axis: str, which: str) -> None:
    values = _numbers(study, axis)
    if min(values) > 0 and (axis in study.logarithmic or max(values) > 50 * min(values)):
        log_scale(axes, values, which, widest=1000)
    name = cut(short_names(study.axes)[axis], 40)
    (axes.set_xlabel if which == "x" else axes.set_ylabel)(name)
    axes.margins(0.08)
