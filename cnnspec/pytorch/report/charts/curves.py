"""Loss and accuracy over the epochs: the best settings in colours over all the others, and each setting by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cnnspec.pytorch.report.charts.errors import FEW_STEPS, STEPS, error_scale, wants_errors
from cnnspec.pytorch.report.charts.style import COLOURS, MOST, PALE, WIDE, epochs_on, figure_of, line_style, log_scale
from cnnspec.pytorch.report.labels import cut
from cnnspec.pytorch.report.study import Study, StudySetting

LEGEND_LINE = 19  # CSS pixels
LETTER = 7.0
MOST_PANELS = 48
LEFT, GAP, PANEL, TITLE, BELOW = 78, 14, 94, 42, 92  # of small panels, in CSS pixels
Curve = tuple[list[int], list[float], list[float], list[float]]  # epochs, mean, least and greatest over seeds


def overview(study: Study, width: int) -> Figure:
    """Two panels: the loss and the accuracy on the part that is held back."""
    part = held_part(study)
    named = study.settings[:MOST]
    entries = len(named) + (len(study.settings) > MOST)
    columns = 1 if width < WIDE or max(len(s.label) for s in named) > 34 else 2
    below = LEGEND_LINE * ceil(entries / columns) + 12
    figure = figure_of(width, (290 if width == WIDE else 2 * 240) + below)
    panels = figure.subplots(*((1, 2) if width == WIDE else (2, 1)))
    for axes, name in zip(panels, (f"{part}_loss", f"{part}_accuracy"), strict=True):
        _panel(axes, study, name)
        axes.set_title(title_of(name))
    handles = _handles(named, entries, int((width / columns - 60) / LETTER))
    figure.legend(handles=handles, loc="outside lower left", ncols=columns)
    return figure


def held_part(study: Study) -> str:
    """``val``, or ``train`` where one trial holds nothing back."""
    return "val" if all(row.val_loss is not None for trial in study.trials for row in trial.rows) else "train"


def title_of(name: str) -> str:
    part, _, what = name.partition("_")
    return f"{'validation' if part == 'val' else 'training'} {what}{' (%)' if what == 'accuracy' else ''}"


def _panel(axes: Axes, study: Study, name: str) -> None:
    for setting in study.settings[MOST:]:
        _line(axes, curve(setting, name), color=PALE, linewidth=1.2)
    for place, setting in reversed(list(enumerate(study.settings[:MOST]))):
        _line(axes, curve(setting, name), band=True, **line_style(place))
    epochs_on(axes, last_epoch(study))
    scale(axes, study, [name])


def last_epoch(study: Study) -> int:
    return max(row.epoch for trial in study.trials for row in trial.rows)


def _handles(named: Sequence[StudySetting], entries: int, most: int) -> list[Line2D]:
    labels = [cut(setting.label, most) for setting in named]
    handles = [Line2D([], [], label=label, **line_style(place)) for place, label in enumerate(labels)]
    return handles + [Line2D([], [], label="all others", color=PALE)] * (entries - len(named))


def curve(setting: StudySetting, name: str) -> Curve:
    """The mean over seeds with its ends; accuracies in per cent."""
    times = 100 if name.endswith("accuracy") else 1
    found = [(epoch, [times * value for value in values]) for epoch, values in setting.curve(name)]
    epochs = [epoch for epoch, _ in found]
    return (
        epochs,
        [sum(values) / len(values) for _, values in found],
        [min(values) for _, values in found],
        [max(values) for _, values in found],
    )


def _line(axes: Axes, found: Curve, band: bool = False, **style: Any) -> None:
    epochs, mean, low, high = found
    if band and low != high:
        axes.fill_between(epochs, low, high, color=style["color"], alpha=0.14, linewidth=0)
    mark: dict[str, Any] = {"marker": "o", "markersize": 3.5} if len(epochs) == 1 else {}
    axes.plot(epochs, mean, solid_capstyle="round", **mark, **style)


def scale(axes: Axes, study: Study, names: Sequence[str], steps: Sequence[float] = STEPS) -> None:
    """Losses that are far apart on a logarithmic scale, high accuracies on that of their errors."""
    values = [value for setting in study.settings for name in names for value in _all(setting, name)]
    if not values:
        return
    if names[0].endswith("loss"):
        if min(values) > 0 and max(values) > 10 * min(values):
            log_scale(axes, values)
        else:
            axes.set_ylim(0, 1.06 * max(values))
    elif wants_errors(values):
        error_scale(axes, values, steps=steps)
    else:
        pad = 0.06 * (max(values) - min(values) or 1)
        axes.set_ylim(min(values) - pad, max(values) + pad)


def is_stretched(study: Study) -> bool:
    """Whether the accuracies of the overview stand on the scale of their errors."""
    name = f"{held_part(study)}_accuracy"
    return wants_errors([value for setting in study.settings for value in _all(setting, name)])


def _all(setting: StudySetting, name: str) -> list[float]:
    _, _, low, high = curve(setting, name)
    return [*low, *high]


def each(study: Study, width: int, what: str) -> Figure:
    """A small panel for each setting, in the order of their rank: it in colour, the others behind it in grey."""
    shown = study.settings[:MOST_PANELS]
    grid = _CurveGrid(len(shown), width)
    names = [f"{part}_{what}" for part in ("train", *(["val"] if held_part(study) == "val" else []))]
    others = [list(zip(*curve(setting, names[-1])[:2], strict=True)) for setting in study.settings]
    figure = figure_of(width, grid.height)
    figure.set_layout_engine("none")  # panels of one size, whatever stands beside them
    for place, setting in enumerate(shown):
        axes = figure.add_axes(grid.panel(place))
        axes.add_collection(LineCollection(others, colors="#dfe3e7", linewidths=0.9))
        _one(axes, setting, names)
        epochs_on(axes, last_epoch(study))
        scale(axes, study, names, FEW_STEPS)
        axes.tick_params(labelleft=place % grid.columns == 0, labelbottom=place + grid.columns >= len(shown))
        axes.set_title(_wrapped(setting.label, grid.letters), fontsize=9, fontweight="normal")
        if place % grid.columns == 0:
            axes.set_ylabel("%" if what == "accuracy" else "loss")
        axes.set_xlabel("epoch" if place + grid.columns >= len(shown) else "")
    if len(names) > 1:
        figure.legend(handles=_parts(), loc="lower left", ncols=3 if width == WIDE else 2)
    return figure


@dataclass(frozen=True, slots=True)
class _CurveGrid:
    """Where the small panels stand: sizes in CSS pixels."""

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
        return self.rows * (PANEL + TITLE) + BELOW

    @property
    def wide(self) -> float:
        """Of a panel."""
        return min((self.width - LEFT - 6) / self.columns - GAP, 320)

    @property
    def letters(self) -> int:
        """That fit above a panel."""
        return int(self.wide / 6.6)

    def panel(self, place: int) -> tuple[float, float, float, float]:
        """In shares of the figure."""
        row, column = divmod(place, self.columns)
        left = LEFT + column * (self.wide + GAP)
        top = row * (PANEL + TITLE) + TITLE
        bottom = (self.height - top - PANEL) / self.height
        return left / self.width, bottom, self.wide / self.width, PANEL / self.height


def _one(axes: Axes, setting: StudySetting, names: Sequence[str]) -> None:
    if len(names) > 1:
        _line(axes, curve(setting, names[0]), color=COLOURS[1], linestyle=(0, (2.5, 1.2)), linewidth=1.4)
    _line(axes, curve(setting, names[-1]), color=COLOURS[0], linewidth=1.9, band=True)


def _parts() -> list[Line2D]:
    return [
        Line2D([], [], color=COLOURS[0], linewidth=1.9, label="validation"),
        Line2D([], [], color=COLOURS[1], linestyle=(0, (2.5, 1.2)), linewidth=1.4, label="training"),
        Line2D([], [], color="#c9ced4", linewidth=0.9, label="validation of the others"),
    ]


def _wrapped(label: str, width: int) -> str:
    """A label on two lines where one is too short for it, parted at a dot where there is one."""
    if len(label) <= width:
        return label
    parts = label.split(" · ")
    first = parts[0]
    for place, part in enumerate(parts[1:], 1):
        if len(first) + 3 + len(part) > width:
            return f"{cut(first, width)}\n{cut(' · '.join(parts[place:]), width)}"
        first += f" · {part}"
    return cut(first, width)
