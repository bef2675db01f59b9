"""What the seed does: a dot for each trial of a setting, and a line at their mean."""

from __future__ import annotations

from matplotlib.figure import Figure

from cnnspec.pytorch.report.charts.errors import error_scale, wants_errors
from cnnspec.pytorch.report.charts.style import COLOURS, INK, figure_of, log_scale
from cnnspec.pytorch.report.labels import cut
from cnnspec.pytorch.report.study import Study, StudySetting

ROW = 40  # CSS pixels
LETTER = 7.0
MOST = 24


def several(study: Study) -> list[StudySetting]:
    """The settings with more than one seed, best first."""
    return [setting for setting in study.ranked if len(setting.objectives) > 1]


def spread(study: Study, width: int) -> Figure:
    """The objective of each trial; labels stand above their dots."""
    shown = several(study)[:MOST]
    times = 100 if study.measure.is_share else 1
    figure = figure_of(width, ROW * len(shown) + 60)
    axes = figure.subplots()
    everything = [times * value for setting in shown for value in setting.objectives]
    for place, setting in enumerate(shown):
        found = [times * value for value in setting.objectives]
        axes.plot([min(found), max(found)], [place, place], color="#9fb8cc", linewidth=2.5, solid_capstyle="round")
        axes.plot(found, [place] * len(found), "o", color=COLOURS[0], markersize=6.5, alpha=0.75, markeredgewidth=0)
        mean = sum(found) / len(found)
        axes.plot([mean, mean], [place - 0.2, place + 0.2], color=INK, linewidth=1.6)
        told = f"{cut(setting.label, int((width - 40) / LETTER))}"
        axes.text(0.004, place - 0.24, told, va="bottom", fontsize=9.25, transform=axes.get_yaxis_transform())
    axes.set_ylim(len(shown) - 0.5, -0.8)
    if study.measure.is_share and wants_errors(everything):
        error_scale(axes, everything, "x")
    elif not study.measure.is_share and 0 < 10 * min(everything) < max(everything):
        log_scale(axes, everything, "x")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(study.measure.heading)
    return figure
