"""Heat maps: a cell for each pair of values on two axes, darker for better, with the number in it."""

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
MOST_WIDTH, HEIGHT = 116, 40  # of a cell in CSS pixels
LETTER = 7.2  # CSS pixels of a digit or a letter
LIGHT, DARK = 0.06, 0.82  # ends of the range of the color map; numbers are legible on both
WHITE_FROM = 0.68  # position in the color map from which white numbers are more legible than dark ones


def pairs(study: Study) -> list[tuple[str, str]]:
    """Return the pairs of axes that form a grid: few values on each, and settings in most cells."""
    axes = [axis for axis in study.axes if LEAST_LEVELS <= len(study.levels(axis)) <= MOST_LEVELS]
    return [pair for pair in combinations(axes, 2) if _is_grid(study, pair)][:3]


def _is_grid(study: Study, pair: tuple[str, str]) -> bool:
    cells = {tuple(setting.values[axis] for axis in pair) for setting in study.ranked}
    return 2 * len(cells) > len(study.levels(pair[0])) * len(study.levels(pair[1]))


def best_at(study: Study, pair: tuple[str, str]) -> dict[tuple[Any, ...], float]:
    """Return the best objective at each pair of values, over all values of the other axes."""
    objectives: dict[tuple[Any, ...], float] = {}
    for setting in reversed(study.ranked):
        assert setting.objective is not None
        objectives[tuple(setting.values[axis] for axis in pair)] = setting.objective
    return objectives


def heat(study: Study, pair: tuple[str, str], width: int) -> Figure:
    """Draw a heat map. The axis with more values is vertical."""
    side, top = sorted(pair, key=lambda axis: -len(study.levels(axis)))
    grid = _HeatGrid(width, [value_text(level) for level in study.levels(side)], [*map(value_text, study.levels(top))])
    figure = figure_of(width, grid.height)
    figure.set_layout_engine("none")
    axes = figure.add_axes(grid.box)
    objectives = best_at(study, (side, top))
    shades = shade(study.measure, list(objectives.values()))
    best = tuple(study.ranked[0].values[axis] for axis in (side, top))
    for y, row in enumerate(study.levels(side)):
        for x, column in enumerate(study.levels(top)):
            value = objectives.get((row, column))
            _square(axes, x, y, None if value is None else shades[value])
            text = study.measure.bare_text(value)
            if value is not None and len(text) * LETTER < grid.cell - 4:
                _number(axes, x, y, text, is_dark=depth(shades[value]) > WHITE_FROM, is_best=(row, column) == best)
    axes.set_xlim(0, len(grid.columns))
    axes.set_ylim(len(grid.rows), 0)
    _names(axes, grid, short_names(study.axes)[side], short_names(study.axes)[top])
    return figure


@dataclass(frozen=True, slots=True)
class _HeatGrid:
    """The layout of the labels and cells, in CSS pixels."""

    width: int
    rows: list[str]
    columns: list[str]

    @property
    def row_labels_width(self) -> float:
        return min(max(map(len, self.rows)) * LETTER + 44, 0.42 * self.width)

    @property
    def cell(self) -> float:
        return min(MOST_WIDTH, (self.width - self.row_labels_width - 24) / len(self.columns))

    @property
    def upright(self) -> bool:
        """Whether the column labels fit side by side."""
        return max(map(len, self.columns)) * LETTER < self.cell

    @property
    def column_labels_height(self) -> float:
        return 44 if self.upright else 116

    @property
    def height(self) -> float:
        return self.column_labels_height + HEIGHT * len(self.rows) + 12

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of the cells as fractions of the figure."""
        wide, high = self.cell * len(self.columns) / self.width, HEIGHT * len(self.rows) / self.height
        return self.row_labels_width / self.width, 8 / self.height, wide, high


def _square(axes: Axes, x: int, y: int, level: float | None) -> None:
    """Draw a cell in the color of its level, or hatched if it has none."""
    style: dict[str, Any] = {"facecolor": "none", "edgecolor": "#d4d8dd", "hatch": "///", "linewidth": 0}
    if level is not None:
        style = {"facecolor": level_color(level), "edgecolor": "white", "linewidth": 1.5}
    axes.add_patch(Rectangle((x, y), 1, 1, **style))


def _number(axes: Axes, x: int, y: int, text: str, *, is_dark: bool, is_best: bool) -> None:
    ink, weight = "white" if is_dark else INK, "bold" if is_best else "normal"
    axes.text(x + 0.5, y + 0.5, text, fontsize=9.25, fontweight=weight, color=ink, ha="center", va="center")


def level_color(level: float) -> str:
    return to_hex(colormaps["Blues"](depth(level)))


def depth(level: float) -> float:
    """Return the position of a level in the color map."""
    return LIGHT + (DARK - LIGHT) * level


def shade(measure: Measure, values: Sequence[float]) -> dict[float, float]:
    """Return the level of each value from 0 to 1, the best being 1; errors and losses count by their logarithm."""
    if measure.is_share:
        scale = Errors.of([100 * value for value in values])
        levels = {value: float(scale.forward(100 * value)) for value in values}
    else:
        least = min((value for value in values if value > 0), default=1)
        levels = {value: measure.sign * log10(max(value, least)) for value in values}
    low, high = min(levels.values()), max(levels.values())
    return {value: (level - low) / (high - low) if high > low else 0.5 for value, level in levels.items()}


def _names(axes: Axes, grid: _HeatGrid, side: str, top: str) -> None:
    """Label the rows, the columns and the axes."""
    letters = int((grid.row_labels_width - 44) / LETTER) + 1
    axes.set_yticks([y + 0.5 for y in range(len(grid.rows))], [cut(row, letters) for row in grid.rows])
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
