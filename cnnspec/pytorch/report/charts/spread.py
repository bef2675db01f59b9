"""Spread over seeds: a dot for each trial of a setting, and a line at their mean."""

from __future__ import annotations

from matplotlib.figure import Figure

from cnnspec.pytorch.report.charts.errors import error_scale, needs_error_scale
from cnnspec.pytorch.report.charts.style import COLORS, INK, figure_of, log_scale
from cnnspec.pytorch.report.labels import cut
from cnnspec.pytorch.report.study import Study, StudySetting

ROW = 40  # CSS pixels
LETTER = 7.0
MOST = 24


def several(study: Study) -> list[StudySetting]:
    """Return the settings with more than one seed, best first."""
    return [setting for setting in study.ranked if len(setting.objectives) > 1]


def spread(study: Study, width: int) -> Figure:
    """Draw the objective of each trial, with the label above its row."""
    settings = several(study)[:MOST]
    factor = 100 if study.measure.is_share else 1
    figure = figure_of(width, ROW * len(settings) + 60)
    axes = figure.subplots()
    everything = [factor * value for setting in settings for value in setting.objectives]
    for row, setting in enumerate(settings):
        values = [factor * value for value in setting.objectives]
        axes.plot([min(values), max(values)], [row, row], color="#9fb8cc", linewidth=2.5, solid_capstyle="round")
        axes.plot(values, [row] * len(values), "o", color=COLORS[0], markersize=6.5, alpha=0.75, markeredgewidth=0)
        mean = sum(values) / len(values)
        axes.plot([mean, mean], [row - 0.2, row + 0.2], color=INK, linewidth=1.6)
        label = f"{cut(setting.label, int((width - 40) / LETTER))}"
        axes.text(0.004, row - 0.24, label, va="bottom", fontsize=9.25, transform=axes.get_yaxis_transform())
    axes.set_ylim(len(settings) - 0.5, -0.8)
    if study.measure.is_share and needs_error_scale(everything):
        error_scale(axes, everything, "x")
    elif not study.measure.is_share and 0 < 10 * min(everything) < max(everything):
        log_scale(axes, everything, "x")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(study.measure.heading)
    return figure
