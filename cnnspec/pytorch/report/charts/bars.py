"""Test errors: a bar for each setting that was measured on the test set, and a dot for each seed."""

from __future__ import annotations

from matplotlib.figure import Figure

from cnnspec.pytorch.report.charts.style import COLORS, INK, figure_of
from cnnspec.pytorch.report.labels import cut
from cnnspec.pytorch.report.metric import percent, with_spread
from cnnspec.pytorch.report.study import Study, StudySetting

BAR = 48  # CSS pixels of a bar and the label above it
LETTER = 6.9
MOST = 40


def bars(study: Study, width: int) -> Figure:
    """Draw errors, not accuracies: bars must begin at 0, and from there 98 % and 99 % look the same."""
    settings = study.tested[:MOST]
    figure = figure_of(width, BAR * len(settings) + 56)
    axes = figure.subplots()
    errors = [[100 * (1 - test.accuracy) for test in setting.tested] for setting in settings]
    means = [sum(values) / len(values) for values in errors]
    axes.barh(range(len(settings)), means, height=0.42, color=COLORS[0])
    longest = max(max(values) for values in errors) or 1
    for row, (setting, values) in enumerate(zip(settings, errors, strict=True)):
        if len(values) > 1:
            axes.plot(values, [row] * len(values), "o", color="white", markeredgecolor=INK, markersize=5, clip_on=False)
        accuracy = _accuracy_text(setting)
        letters = int(width / LETTER) - len(accuracy) - 6
        axes.text(longest * 0.008, row - 0.27, f"{cut(setting.label, letters)}   ", va="bottom", fontsize=9.25)
        axes.text(longest * 1.04, row - 0.27, accuracy, va="bottom", ha="right", fontsize=9.25, fontweight="bold")
    axes.set_ylim(len(settings) - 0.5, -0.85)
    axes.set_xlim(0, longest * 1.04)
    axes.set_yticks([])
    axes.spines["left"].set_position(("data", 0))
    axes.set_xlabel("test error (%)")
    axes.grid(visible=False, axis="y")
    return figure


def _accuracy_text(setting: StudySetting) -> str:
    accuracies = [test.accuracy for test in setting.tested]
    return percent(accuracies[0]) if len(accuracies) == 1 else with_spread(accuracies, 100, " %", 2)
