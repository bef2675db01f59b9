"""The test part: a bar of errors for each setting that was measured on it, and a dot for each seed."""

from __future__ import annotations

from matplotlib.figure import Figure

from cnnspec.pytorch.report.charts.style import COLOURS, INK, figure_of
from cnnspec.pytorch.report.labels import cut
from cnnspec.pytorch.report.metric import percent, with_spread
from cnnspec.pytorch.report.study import Study, StudySetting

BAR = 48  # CSS pixels, with the label above it
LETTER = 6.9
MOST = 40


def bars(study: Study, width: int) -> Figure:
    """Errors and not accuracies: a bar has to begin at 0, and from there 98 and 99 % look the same."""
    shown = study.tested[:MOST]
    figure = figure_of(width, BAR * len(shown) + 56)
    axes = figure.subplots()
    errors = [[100 * (1 - test.accuracy) for test in setting.tested] for setting in shown]
    means = [sum(found) / len(found) for found in errors]
    axes.barh(range(len(shown)), means, height=0.42, color=COLOURS[0])
    longest = max(max(found) for found in errors) or 1
    for place, (setting, found) in enumerate(zip(shown, errors, strict=True)):
        if len(found) > 1:
            axes.plot(found, [place] * len(found), "o", color="white", markeredgecolor=INK, markersize=5, clip_on=False)
        told = _told(setting)
        most = int(width / LETTER) - len(told) - 6
        axes.text(longest * 0.008, place - 0.27, f"{cut(setting.label, most)}   ", va="bottom", fontsize=9.25)
        axes.text(longest * 1.04, place - 0.27, told, va="bottom", ha="right", fontsize=9.25, fontweight="bold")
    axes.set_ylim(len(shown) - 0.5, -0.85)
    axes.set_xlim(0, longest * 1.04)
    axes.set_yticks([])
    axes.spines["left"].set_position(("data", 0))
    axes.set_xlabel("test error (%)")
    axes.grid(visible=False, axis="y")
    return figure


def _told(setting: StudySetting) -> str:
    found = [test.accuracy for test in setting.tested]
    return percent(found[0]) if len(found) == 1 else with_spread(found, 100, " %", 2)
