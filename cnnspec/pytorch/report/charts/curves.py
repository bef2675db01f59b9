"""Loss and accuracy over the epochs: an overview with the best settings in color, and a small panel per setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cnnspec.pytorch.report.charts.errors import FEW_STEPS, STEPS, error_scale, needs_error_scale
from cnnspec.pytorch.report.charts.style import COLORS, MOST, PALE, WIDE, epochs_on, figure_of, line_style, log_scale
from cnnspec.pytorch.report.labels import cut
from cnnspec.pytorch.report.study import Study, StudySetting

LEGEND_LINE = 19  # CSS pixels
LETTER = 7.0
MOST_PANELS = 48
LEFT, GAP, PANEL, TITLE, BOTTOM = 78, 14, 94, 42, 92  # of small panels, in CSS pixels
Curve = tuple[list[int], list[float], list[float], list[float]]  # epochs, then mean, minimum and maximum over seeds


def overview(study: Study, width: int) -> Figure:
    """Draw two panels: validation loss and validation accuracy."""
    part = held_part(study)
    colored = study.settings[:MOST]
    entries = len(colored) + (len(study.settings) > MOST)
    columns = 1 if width < WIDE or max(len(s.label) for s in colored) > 34 else 2
    legend_height = LEGEND_LINE * ceil(entries / columns) + 12
    figure = figure_of(width, (290 if width == WIDE else 2 * 240) + legend_height)
    panels = figure.subplots(*((1, 2) if width == WIDE else (2, 1)))
    for axes, name in zip(panels, (f"{part}_loss", f"{part}_accuracy"), strict=True):
        _panel(axes, study, name)
        axes.set_title(title_of(name))
    handles = _handles(colored, entries, int((width / columns - 60) / LETTER))
    figure.legend(handles=handles, loc="outside lower left", ncols=columns)
    return figure


def held_part(study: Study) -> str:
    """Return ``val``, or ``train`` if a trial has no validation part."""
    return "val" if all(row.val_loss is not None for trial in study.trials for row in trial.rows) else "train"


def title_of(name: str) -> str:
    part, _, quantity = name.partition("_")
    return f"{'validation' if part == 'val' else 'training'} {quantity}{' (%)' if quantity == 'accuracy' else ''}"


def _panel(axes: Axes, study: Study, name: str) -> None:
    for setting in study.settings[MOST:]:
        _line(axes, curve(setting, name), color=PALE, linewidth=1.2)
    for rank, setting in reversed(list(enumerate(study.settings[:MOST]))):
        _line(axes, curve(setting, name), band=True, **line_style(rank))
    epochs_on(axes, last_epoch(study))
    scale(axes, study, [name])


def last_epoch(study: Study) -> int:
    return max(row.epoch for trial in study.trials for row in trial.rows)


def _handles(colored: Sequence[StudySetting], entries: int, letters: int) -> list[Line2D]:
    labels = [cut(setting.label, letters) for setting in colored]
    handles = [Line2D([], [], label=label, **line_style(index)) for index, label in enumerate(labels)]
    return handles + [Line2D([], [], label="all others", color=PALE)] * (entries - len(colored))


def curve(setting: StudySetting, name: str) -> Curve:
    """Return the mean, minimum and maximum over seeds; accuracies are in percent."""
    factor = 100 if name.endswith("accuracy") else 1
    points = [(epoch, [factor * value for value in values]) for epoch, values in setting.curve(name)]
    epochs = [epoch for epoch, _ in points]
    return (
        epochs,
        [sum(values) / len(values) for _, values in points],
        [min(values) for _, values in points],
        [max(values) for _, values in points],
    )


def _line(axes: Axes, points: Curve, band: bool = False, **style: Any) -> None:
    epochs, mean, low, high = points
    if band and low != high:
        axes.fill_between(epochs, low, high, color=style["color"], alpha=0.14, linewidth=0)
    mark: dict[str, Any] = {"marker": "o", "markersize": 3.5} if len(epochs) == 1 else {}
    axes.plot(epochs, mean, solid_capstyle="round", **mark, **style)


def scale(axes: Axes, study: Study, names: Sequence[str], steps: Sequence[float] = STEPS) -> None:
    """Choose the scale: logarithmic for losses that are far apart, the error scale for high accuracies."""
    values = [value for setting in study.settings for name in names for value in _all(setting, name)]
    if not values:
        return
    if names[0].endswith("loss"):
        if min(values) > 0 and max(values) > 10 * min(values):
            log_scale(axes, values)
        else:
            axes.set_ylim(0, 1.06 * max(values))
    elif needs_error_scale(values):
        error_scale(axes, values, steps=steps)
    else:
        pad = 0.06 * (max(values) - min(values) or 1)
        axes.set_ylim(min(values) - pad, max(values) + pad)


def is_stretched(study: Study) -> bool:
    """Tell whether the overview shows accuracies on the error scale."""
    name = f"{held_part(study)}_accuracy"
    return needs_error_scale([value for setting in study.settings for value in _all(setting, name)])


def _all(setting: StudySetting, name: str) -> list[float]:
    _, _, low, high = curve(setting, name)
    return [*low, *high]


def each(study: Study, width: int, quantity: str) -> Figure:
    """Draw a small panel for each setting, best first: the setting in color over all others in gray."""
    settings = study.settings[:MOST_PANELS]
    grid = _CurveGrid(len(settings), width)
    names = [f"{part}_{quantity}" for part in ("train", *(["val"] if held_part(study) == "val" else []))]
    others = [list(zip(*curve(setting, names[-1])[:2], strict=True)) for setting in study.settings]
    figure = figure_of(width, grid.height)
    figure.set_layout_engine("none")  # panels keep their size whatever their labels are
    for index, setting in enumerate(settings):
        axes = figure.add_axes(grid.panel(index))
        axes.add_collection(LineCollection(others, colors="#dfe3e7", linewidths=0.9))
        _one(axes, setting, names)
        epochs_on(axes, last_epoch(study))
        scale(axes, study, names, FEW_STEPS)
        axes.tick_params(labelleft=index % grid.columns == 0, labelbottom=index + grid.columns >= len(settings))
        axes.set_title(_wrapped(setting.label, grid.letters), fontsize=9, fontweight="normal")
        if index % grid.columns == 0:
            axes.set_ylabel("%" if quantity == "accuracy" else "loss")
        axes.set_xlabel("epoch" if index + grid.columns >= len(settings) else "")
    if len(names) > 1:
        figure.legend(handles=_parts(), loc="lower left", ncols=3 if width == WIDE else 2)
    return figure


@dataclass(frozen=True, slots=True)
class _CurveGrid:
    """The layout of the small panels, in CSS pixels."""

    panels: int
    width: int

    @property
    def columns(self) -> int:
        return min(4 if self.width == WIDE else 2, self.panels)

    @property
    def rows(self) -> int:
        return ceil(self.panels / self.columns)

    @property
    def height(self) -> int:
        return self.rows * (PANEL + TITLE) + BOTTOM

    @property
    def wide(self) -> float:
        """The width of a panel."""
        return min((self.width - LEFT - 6) / self.columns - GAP, 320)

    @property
    def letters(self) -> int:
        """The number of letters that fit above a panel."""
        return int(self.wide / 6.6)

    def panel(self, index: int) -> tuple[float, float, float, float]:
        """Return left, bottom, width and height of a panel as fractions of the figure."""
        row, column = divmod(index, self.columns)
        left = LEFT + column * (self.wide + GAP)
        top = row * (PANEL + TITLE) + TITLE
        bottom = (self.height - top - PANEL) / self.height
        return left / self.width, bottom, self.wide / self.width, PANEL / self.height


def _one(axes: Axes, setting: StudySetting, names: Sequence[str]) -> None:
    if len(names) > 1:
        _line(axes, curve(setting, names[0]), color=COLORS[1], linestyle=(0, (2.5, 1.2)), linewidth=1.4)
    _line(axes, curve(setting, names[-1]), color=COLORS[0], linewidth=1.9, band=True)


def _parts() -> list[Line2D]:
    return [
        Line2D([], [], color=COLORS[0], linewidth=1.9, label="validation"),
        Line2D([], [], color=COLORS[1], linestyle=(0, (2.5, 1.2)), linewidth=1.4, label="training"),
        Line2D([], [], color="#c9ced4", linewidth=0.9, label="validation, others"),
    ]


def _wrapped(label: str, width: int) -> str:
    """Break a long label into two lines, at a dot if it has one."""
    if len(label) <= width:
        return label
    parts = label.split(" · ")
    first = parts[0]
    for index, part in enumerate(parts[1:], 1):
        if len(first) + 3 + len(part) > width:
            return f"{cut(first, width)}\n{cut(' · '.join(parts[index:]), width)}"
        first += f" · {part}"
    return cut(first, width)
