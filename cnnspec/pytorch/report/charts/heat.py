"""A square for each pair of values on two axes: the darker the better, with the number in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log10
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnspec.pytorch.report.charts.errors import Errors
from cnnspec.pytorch.report.charts.style import INK, figure_of
from cnnspec.pytorch.report.labels import cut, short_names, value_text
from cnnspec.pytorch.report.metric import Measure
from cnnspec.pytorch.report.study import Study

LEAST_LEVELS, MOST_LEVELS = 2, 12
CELL, HIGH = 116, 40  # CSS pixels, at most and always
LETTER = 7.2  # CSS pixels of a digit or a letter
LIGHT, DARK = 0.06, 0.82  # of the colour map: numbers are read on both
WHITE_FROM = 0.68  # of the colour map: where white begins to be more legible than ink


def pairs(study: Study) -> list[tuple[str, str]]:
    """The pairs of axes that make a grid: few values each, and more than one setting at each."""
    axes = [axis for axis in study.axes if LEAST_LEVELS <= len(study.levels(axis)) <= MOST_LEVELS]
    return [pair for pair in combinations(axes, 2) if _is_grid(study, pair)][:3]


def _is_grid(study: Study, pair: tuple[str, str]) -> bool:
    taken = {tuple(setting.values[axis] for axis in pair) for setting in study.ranked}
    return 2 * len(taken) > len(study.levels(pair[0])) * len(study.levels(pair[1]))


def best_at(study: Study, pair: tuple[str, str]) -> dict[tuple[Any, ...], float]:
    """The best objective at each pair of values, whatever the other axes are."""
    found: dict[tuple[Any, ...], float] = {}
    for setting in reversed(study.ranked):
        assert setting.objective is not None
        found[tuple(setting.values[axis] for axis in pair)] = setting.objective
    return found


def heat(study: Study, pair: tuple[str, str], width: int) -> Figure:
    """The axis with more values goes down the side."""
    side, top = sorted(pair, key=lambda axis: -len(study.levels(axis)))
    grid = _HeatGrid(width, [value_text(level) for level in study.levels(side)], [*map(value_text, study.levels(top))])
    figure = figure_of(width, grid.height)
    figure.set_layout_engine("none")
    axes = figure.add_axes(grid.place)
    found = best_at(study, (side, top))
    shades = shade(study.measure, list(found.values()))
    best = tuple(study.ranked[0].values[axis] for axis in (side, top))
    for y, row in enumerate(study.levels(side)):
        for x, column in enumerate(study.levels(top)):
            value = found.get((row, column))
            _square(axes, x, y, None if value is None else shades[value])
            told = study.measure.bare(value)
            if value is not None and len(told) * LETTER < grid.cell - 4:
                _number(axes, x, y, told, is_dark=depth(shades[value]) > WHITE_FROM, is_best=(row, column) == best)
    axes.set_xlim(0, len(grid.columns))
    axes.set_ylim(len(grid.rows), 0)
    _names(axes, grid, short_names(study.axes)[side], short_names(study.axes)[top])
    return figure


@dataclass(frozen=True, slots=True)
class _HeatGrid:
    """What stands beside and above the squares, and how large they are: in CSS pixels."""

    width: int
    rows: list[str]
    columns: list[str]

    @property
    def left(self) -> float:
        return min(max(map(len, self.rows)) * LETTER + 44, 0.42 * self.width)

    @property
    def cell(self) -> float:
        return min(CELL, (self.width - self.left - 24) / len(self.columns))

    @property
    def upright(self) -> bool:
        """Whether the values above fit side by side."""
        return max(map(len, self.columns)) * LETTER < self.cell

    @property
    def above(self) -> float:
        return 44 if self.upright else 116

    @property
    def height(self) -> float:
        return self.above + HIGH * len(self.rows) + 12

    @property
    def place(self) -> tuple[float, float, float, float]:
        """Of the squares, in shares of the figure."""
        wide, high = self.cell * len(self.columns) / self.width, HIGH * len(self.rows) / self.height
        return self.left / self.width, 8 / self.height, wide, high


def _square(axes: Axes, x: int, y: int, level: float | None) -> None:
    """As dark as its level; hatched where there is none."""
    style: dict[str, Any] = {"facecolor": "none", "edgecolor": "#d4d8dd", "hatch": "///", "linewidth": 0}
    if level is not None:
        style = {"facecolor": colour(level), "edgecolor": "white", "linewidth": 1.5}
    axes.add_patch(Rectangle((x, y), 1, 1, **style))


def _number(axes: Axes, x: int, y: int, told: str, *, is_dark: bool, is_best: bool) -> None:
    ink, weight = "white" if is_dark else INK, "bold" if is_best else "normal"
    axes.text(x + 0.5, y + 0.5, told, fontsize=9.25, fontweight=weight, color=ink, ha="center", va="center")


def colour(level: float) -> str:
    return to_hex(colormaps["Blues"](depth(level)))


def depth(level: float) -> float:
    """Where among the blues a level is."""
    return LIGHT + (DARK - LIGHT) * level


def shade(measure: Measure, values: Sequence[float]) -> dict[float, float]:
    """How dark each value is, from 0 to 1: the best is 1. Errors and losses go by their logarithm."""
    if measure.is_share:
        scale = Errors.of([100 * value for value in values])
        levels = {value: float(scale.forward(100 * value)) for value in values}
    else:
        least = min((value for value in values if value > 0), default=1)
        levels = {value: measure.sign * log10(max(value, least)) for value in values}
    low, high = min(levels.values()), max(levels.values())
    return {value: (level - low) / (high - low) if high > low else 0.5 for value, level in levels.items()}


def _names(axes: Axes, grid: _HeatGrid, side: str, top: str) -> None:
    """Values beside the squares, and the name of each axis."""
    most = int((grid.left - 44) / LETTER) + 1
    axes.set_yticks([y + 0.5 for y in range(len(grid.rows))], [cut(row, most) for row in grid.rows])
    columns = grid.columns if grid.upright else [cut(column, 12) for column in grid.columns]
    axes.set_xticks([x + 0.5 for x in range(len(columns))], columns)
    for label in () if grid.upright else axes.get_xticklabels():
        label.set(rotation=55, rotation_mode="anchor", ha="left", va="center")
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=5)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(cut(top, 40), fontweight="bold", loc="left", labelpad=4)
    axes.set_ylabel(cut(side, 6 * len(grid.rows)), fontweight="bold", loc="top", labelpad=6)
