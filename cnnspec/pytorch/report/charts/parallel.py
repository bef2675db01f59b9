"""Parallel coordinates: an axis for each setting that differs and one for the objective, a line for each setting.

On narrow pages the axes are horizontal, one below another, and the lines run down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cnnspec.pytorch.report.charts.errors import Errors, needs_error_scale
from cnnspec.pytorch.report.charts.heat import level_color, shade
from cnnspec.pytorch.report.charts.style import COLORS, NARROW, SOFT, WIDE, figure_of
from cnnspec.pytorch.report.labels import cut, number_text, short_names, value_text
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.report.study import Study, are_numbers

MOST_AXES = 8
LETTER = 8.0  # CSS pixels, in bold
MOST_TICKS = 7
GROUND = {"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
MISSING = 0.16  # fraction of an axis below the numbers, for settings without a value
PALEST = 0.25  # level of the worst setting, so that its line is visible on white


@dataclass(frozen=True, slots=True)
class Scale:
    """The positions of the values on an axis, from 0 to 1, and its ticks."""

    name: str
    positions: tuple[float, ...]  # of each setting
    ticks: tuple[tuple[float, str], ...]


def scales(study: Study) -> list[Scale]:
    """Return the scale of each axis, and that of the objective last."""
    names = short_names(study.axes)
    scales_ = []
    for axis in study.axes[:MOST_AXES]:
        values = [setting.values[axis] for setting in study.ranked]
        scales_.append(_scale(names[axis], values, study.levels(axis), axis in study.logarithmic))
    return [*scales_, _outcome(study)]


def _scale(name: str, values: Sequence[Any], levels: Sequence[Any], is_log: bool) -> Scale:
    """Space few values evenly, and many numbers by their size, above the values that are not numbers."""
    numbers = [level for level in levels if are_numbers([level])]
    others = [level for level in levels if not are_numbers([level])]
    if len(levels) <= MOST_TICKS or len(others) > 1:
        levels = [*reversed(others), *numbers]  # missing values at the bottom
        positions = {level: (index + 0.5) / len(levels) for index, level in enumerate(levels)}
        ticks = [(positions[level], cut(value_text(level), 14)) for level in levels]
        return Scale(name, tuple(positions[value] for value in values), tuple(ticks))
    low, high = numbers[0], numbers[-1]
    is_log = low > 0 and (is_log or high > 50 * low)
    to = log10 if is_log else float
    base = MISSING if others else 0.0

    def at(value: Any) -> float:
        return base + (1 - base) * (to(value) - to(low)) / (to(high) - to(low)) if value not in others else 0.0

    marks = _decades(low, high) if is_log else _rounds(low, high)
    ticks = [*((at(mark), number_text(mark)) for mark in marks), *((0.0, value_text(other)) for other in others)]
    return Scale(name, tuple(map(at, values)), tuple(ticks))


def _decades(low: float, high: float) -> list[float]:
    powers = [10.0**power for power in range(-12, 13) if low <= 10.0**power <= high * 1.0001]
    return powers if len(powers) > 1 else [low, (low * high) ** 0.5, high]


def _rounds(low: float, high: float) -> list[float]:
    """Return round numbers between two ends."""
    return [mark for mark in map(float, MaxNLocator(4).tick_values(low, high)) if low <= mark <= high]


def _outcome(study: Study) -> Scale:
    """Return the scale of the objective. Its better end is at the top or on the right."""
    measure = study.measure
    values = [(100 if measure.is_share else 1) * (setting.objective or 0) for setting in study.ranked]
    to, marks = _stretched(measure, values)
    low, high = sorted([to(values[0]), to(values[-1])])  # the best and the worst
    span = (high - low) or 1
    marks = [*(mark for mark in marks if min(values) <= mark <= max(values)), values[0]]
    positions = [(high - to(v)) / span if measure.sign < 0 else (to(v) - low) / span for v in [*values, *marks]]
    texts = [*map(number_text, marks[:-1]), measure.bare_text(study.ranked[0].objective)]
    name = "\n".join(measure.heading.split(" ", 1))
    return Scale(name, tuple(positions[: len(values)]), tuple(zip(positions[len(values) :], texts, strict=True)))


def _stretched(measure: Measure, values: Sequence[float]) -> tuple[Callable[[float], float], Sequence[float]]:
    """Return the transform of the objective and the candidates for ticks; high accuracies use the error scale."""
    low, high = min(values), max(values)
    if measure.is_share and needs_error_scale(values):
        scale = Errors.of(values)
        return lambda value: float(scale.forward(value)), scale.ticks(low, high)
    if not measure.is_share and 0 < 10 * low < high:
        return log10, _decades(low, high)
    return float, _rounds(low, high)


def parallel(study: Study, width: int) -> Figure:
    """Draw the chart: darker lines are better, and the best is orange."""
    axis_scales = scales(study)
    is_narrow = width < WIDE
    figure = figure_of(width, 84 * len(axis_scales) + 20 if is_narrow else 330)
    axes = figure.subplots()
    axes.axis("off")
    shades = shade(study.measure, [setting.objective or 0 for setting in study.ranked])
    order = list(range(len(axis_scales)))
    for number, setting in reversed(list(enumerate(study.ranked))):
        line = [scale.positions[number] for scale in axis_scales]
        level = PALEST + (1 - PALEST) * shades[setting.objective or 0]
        style: dict[str, Any] = {"color": level_color(level), "linewidth": 1.5, "zorder": 2}
        if number == 0:
            style = {"color": COLORS[1], "linewidth": 3, "zorder": 3}
        axes.plot(*((line, order) if is_narrow else (order, line)), solid_joinstyle="round", **style)
    for index, scale in enumerate(axis_scales):
        letters = 40 if is_narrow else int(width / len(axis_scales) / LETTER)
        _axis(axes, index, scale, letters, is_narrow=is_narrow)
    if is_narrow:
        axes.set_ylim(len(axis_scales) - 0.6, -0.5)
        axes.set_xlim(-0.04, 1.04)
    else:
        axes.set_xlim(-0.25, len(axis_scales) - 0.75)
        axes.set_ylim(-0.05, 1.2)
    return figure


def _axis(axes: Axes, index: int, scale: Scale, letters: int, *, is_narrow: bool) -> None:
    """Draw an axis with its name and ticks. The objective's ticks are on the side without lines."""
    is_outcome = "\n" in scale.name
    title = scale.name.replace("\n", " ") if is_narrow else scale.name if is_outcome else cut(scale.name, letters)
    text: dict[str, Any] = {"fontsize": 9, "bbox": GROUND, "zorder": 5}
    name: dict[str, Any] = {**text, "fontsize": 9.25, "fontweight": "bold", "va": "bottom"}
    line: dict[str, Any] = {"color": SOFT, "linewidth": 1.2, "zorder": 4}
    if is_narrow:
        axes.plot([0, 1], [index, index], **line)
        axes.text(0, index - 0.13, title, ha="left", **name)
        for at, mark in _without_overlaps(scale.ticks, 0.14, LETTER / NARROW):
            axes.plot([at, at], [index, index + 0.06], **line)
            axes.text(at, index + 0.1, mark, va="top", ha="right" if at > 0.94 else "center", **text)
        return
    side, align = (1, "left") if is_outcome else (-1, "right")
    axes.plot([index, index], [0, 1], **line)
    axes.text(index, 1.06, title, ha="center", **name)
    for at, mark in _without_overlaps(scale.ticks, 0.06):
        axes.plot([index, index + 0.02 * side], [at, at], **line)
        axes.text(index + 0.035 * side, at, mark, va="center", ha=align, **text)


def _without_overlaps(ticks: Sequence[tuple[float, str]], least: float, letter: float = 0) -> list[tuple[float, str]]:
    """Return ticks that do not overlap. The last one, at the better end, always stays.

    ``letter`` is the width of a letter as a fraction of the axis if labels run along it.
    """
    labels: list[tuple[float, str]] = []
    for position, text in sorted(ticks, reverse=True):
        if not labels or labels[-1][0] - position >= max(least, letter * (len(text) + len(labels[-1][1])) / 2):
            labels.append((position, text))
    return labels
