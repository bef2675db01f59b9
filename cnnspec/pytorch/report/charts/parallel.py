"""Parallel coordinates: an axis for each thing that differs and one for the outcome, a line for each setting.

On a narrow page the axes lie below each other, and the lines run down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cnnspec.pytorch.report.charts.errors import Errors, wants_errors
from cnnspec.pytorch.report.charts.heat import colour, shade
from cnnspec.pytorch.report.charts.style import COLOURS, NARROW, SOFT, WIDE, figure_of
from cnnspec.pytorch.report.labels import cut, number_text, short_names, value_text
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.report.study import Study, are_numbers

MOST_AXES = 8
LETTER = 8.0  # CSS pixels, in bold
MOST_TICKS = 7
GROUND = {"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
MISSING = 0.16  # of an axis is left below the numbers for settings that have none
LIFTED = 0.25  # of the shades: the worst is seen on white


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the values of an axis are, from 0 to 1, and its ticks."""

    name: str
    places: tuple[float, ...]  # of each setting
    ticks: tuple[tuple[float, str], ...]


def scales(study: Study) -> list[Scale]:
    """One for each axis, and the outcome last."""
    names = short_names(study.axes)
    found = []
    for axis in study.axes[:MOST_AXES]:
        values = [setting.values[axis] for setting in study.ranked]
        found.append(_scale(names[axis], values, study.levels(axis), axis in study.logarithmic))
    return [*found, _outcome(study)]


def _scale(name: str, values: Sequence[Any], levels: Sequence[Any], is_log: bool) -> Scale:
    """Few values stand evenly, whatever they are; many numbers by their size, above those that have none."""
    numbers = [level for level in levels if are_numbers([level])]
    others = [level for level in levels if not are_numbers([level])]
    if len(levels) <= MOST_TICKS or len(others) > 1:
        levels = [*reversed(others), *numbers]  # what is missing lies below
        where = {level: (place + 0.5) / len(levels) for place, level in enumerate(levels)}
        ticks = [(where[level], cut(value_text(level), 14)) for level in levels]
        return Scale(name, tuple(where[value] for value in values), tuple(ticks))
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
    whole = [10.0**power for power in range(-12, 13) if low <= 10.0**power <= high * 1.0001]
    return whole if len(whole) > 1 else [low, (low * high) ** 0.5, high]


def _rounds(low: float, high: float) -> list[float]:
    """Round numbers between two ends."""
    return [mark for mark in map(float, MaxNLocator(4).tick_values(low, high)) if low <= mark <= high]


def _outcome(study: Study) -> Scale:
    """The better end is on top, or on the right."""
    measure = study.measure
    values = [(100 if measure.is_share else 1) * (setting.objective or 0) for setting in study.ranked]
    to, marks = _stretched(measure, values)
    low, high = sorted([to(values[0]), to(values[-1])])  # the best and the worst
    reach = (high - low) or 1
    marks = [*(mark for mark in marks if min(values) <= mark <= max(values)), values[0]]
    places = [(high - to(v)) / reach if measure.sign < 0 else (to(v) - low) / reach for v in [*values, *marks]]
    texts = [*map(number_text, marks[:-1]), measure.bare(study.ranked[0].objective)]
    name = "\n".join(measure.heading.split(" ", 1))
    return Scale(name, tuple(places[: len(values)]), tuple(zip(places[len(values) :], texts, strict=True)))


def _stretched(measure: Measure, values: Sequence[float]) -> tuple[Callable[[float], float], Sequence[float]]:
    """How the values of an outcome are spread out, and where ticks may be: high accuracies by their errors."""
    low, high = min(values), max(values)
    if measure.is_share and wants_errors(values):
        scale = Errors.of(values)
        return lambda value: float(scale.forward(value)), scale.ticks(low, high)
    if not measure.is_share and 0 < 10 * low < high:
        return log10, _decades(low, high)
    return float, _rounds(low, high)


def parallel(study: Study, width: int) -> Figure:
    """Lines as dark as they are good, the best in a colour of its own."""
    found = scales(study)
    lies = width < WIDE
    figure = figure_of(width, 84 * len(found) + 20 if lies else 330)
    axes = figure.subplots()
    axes.axis("off")
    shades = shade(study.measure, [setting.objective or 0 for setting in study.ranked])
    order = list(range(len(found)))
    for number, setting in reversed(list(enumerate(study.ranked))):
        line = [scale.places[number] for scale in found]
        level = LIFTED + (1 - LIFTED) * shades[setting.objective or 0]
        style: dict[str, Any] = {"color": colour(level), "linewidth": 1.5, "zorder": 2}
        if number == 0:
            style = {"color": COLOURS[1], "linewidth": 3, "zorder": 3}
        axes.plot(*((line, order) if lies else (order, line)), solid_joinstyle="round", **style)
    for place, scale in enumerate(found):
        most = 40 if lies else int(width / len(found) / LETTER)
        _axis(axes, place, scale, most, lies=lies)
    if lies:
        axes.set_ylim(len(found) - 0.6, -0.5)
        axes.set_xlim(-0.04, 1.04)
    else:
        axes.set_xlim(-0.25, len(found) - 0.75)
        axes.set_ylim(-0.05, 1.2)
    return figure


def _axis(axes: Axes, place: int, scale: Scale, most: int, *, lies: bool) -> None:
    """The line with its name and its ticks; those of the outcome stand where no line of a setting runs."""
    is_outcome = "\n" in scale.name
    told = scale.name.replace("\n", " ") if lies else scale.name if is_outcome else cut(scale.name, most)
    text: dict[str, Any] = {"fontsize": 9, "bbox": GROUND, "zorder": 5}
    name: dict[str, Any] = {**text, "fontsize": 9.25, "fontweight": "bold", "va": "bottom"}
    line: dict[str, Any] = {"color": SOFT, "linewidth": 1.2, "zorder": 4}
    if lies:
        axes.plot([0, 1], [place, place], **line)
        axes.text(0, place - 0.13, told, ha="left", **name)
        for at, mark in _apart(scale.ticks, 0.14, LETTER / NARROW):
            axes.plot([at, at], [place, place + 0.06], **line)
            axes.text(at, place + 0.1, mark, va="top", ha="right" if at > 0.94 else "center", **text)
        return
    side, align = (1, "left") if is_outcome else (-1, "right")
    axes.plot([place, place], [0, 1], **line)
    axes.text(place, 1.06, told, ha="center", **name)
    for at, mark in _apart(scale.ticks, 0.06):
        axes.plot([place, place + 0.02 * side], [at, at], **line)
        axes.text(place + 0.035 * side, at, mark, va="center", ha=align, **text)


def _apart(ticks: Sequence[tuple[float, str]], least: float, letter: float = 0) -> list[tuple[float, str]]:
    """Ticks that do not touch; the last, which is the better end, stays.

    ``letter``: how much of the axis one takes, where text runs along it.
    """
    kept: list[tuple[float, str]] = []
    for at, text in sorted(ticks, reverse=True):
        if not kept or kept[-1][0] - at >= max(least, letter * (len(text) + len(kept[-1][1])) / 2):
            kept.append((at, text))
    return kept
