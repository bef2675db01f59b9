"""Scatter plots of the objective over parameters, MACs and seconds of training; colors show the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cnnspec.engine.numbers import short
from cnnspec.pytorch.report.charts.curves import LEGEND_LINE
from cnnspec.pytorch.report.charts.errors import error_scale, needs_error_scale
from cnnspec.pytorch.report.charts.style import COLORS, INK, MARKS, MOST, WIDE, figure_of, log_scale
from cnnspec.pytorch.report.labels import cut, number_text
from cnnspec.pytorch.report.study import Study, StudySetting

RING: dict[str, Any] = {
    "marker": "o",
    "markerfacecolor": "none",
    "markeredgecolor": INK,
    "markeredgewidth": 1.3,
    "markersize": 11,
    "linestyle": "none",
}
Cost = Callable[[StudySetting], float]
COSTS: dict[str, Cost] = {
    "parameters": lambda setting: setting.network.params if setting.network else 0,
    "MACs per image": lambda setting: setting.network.macs if setting.network else 0,
    "training (s)": lambda setting: setting.seconds,
}


def that_differ(study: Study) -> dict[str, Cost]:
    """Return the costs that differ between settings."""
    return {name: cost for name, cost in COSTS.items() if len({cost(setting) for setting in study.ranked}) > 1}


def networks(study: Study) -> list[str]:
    """Return the names of the networks, ordered by the rank of their best setting."""
    return list(dict.fromkeys(map(network, study.ranked)))


def network(setting: StudySetting) -> str:
    """Return the name of a setting's network: its value on the axis ``spec`` if there is one."""
    spec = setting.values.get("spec")
    return str(spec) if spec is not None else setting.network.name if setting.network else "network"


def cost(study: Study, width: int) -> Figure:
    """Draw a panel for each cost, with a ring around the best setting."""
    costs, names = that_differ(study), networks(study)
    legend = len(names[: MOST + 1]) + 1
    columns = 2 if width == WIDE else 1
    wide = width == WIDE
    figure = figure_of(width, (270 if wide else 230 * len(costs)) + LEGEND_LINE * ceil(legend / columns) + 12)
    panels = figure.subplots(*((1, len(costs)) if wide else (len(costs), 1)), sharey=True, squeeze=False).flat
    for index, (axes, (name, cost)) in enumerate(zip(panels, costs.items(), strict=True)):
        _panel(axes, study, cost, names)
        axes.set_xlabel(name)
        if not wide or index == 0:
            axes.set_ylabel(study.measure.heading)
    figure.legend(handles=_legend(names), loc="outside lower left", ncols=columns)
    return figure


def _panel(axes: Axes, study: Study, cost: Cost, names: Sequence[str]) -> None:
    factor = 100 if study.measure.is_share else 1
    xs = [cost(setting) for setting in study.ranked]
    ys = [factor * (setting.objective or 0) for setting in study.ranked]
    for rank, (setting, x, y) in reversed(list(enumerate(zip(study.ranked, xs, ys, strict=True)))):
        mark = _mark(names.index(network(setting)))
        axes.plot(x, y, linestyle="none", markersize=7.5, **mark)
        if rank == 0:
            axes.plot(
                x,
                y,
                "o",
                markersize=14,
                markerfacecolor="none",
                markeredgecolor=INK,
                markeredgewidth=1.3,
                clip_on=False,
            )
    if study.measure.is_share and needs_error_scale(ys):
        error_scale(axes, ys)
    elif not study.measure.is_share and 0 < 10 * min(ys) < max(ys):
        log_scale(axes, ys)
    else:
        axes.margins(y=0.12)
    if min(xs) > 0 and max(xs) > 8 * min(xs):
        log_scale(axes, xs, "x", widest=10)
    else:
        axes.margins(x=0.12)
        axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(_number))


def _mark(index: int) -> dict[str, Any]:
    if index >= MOST:
        return {"marker": "o", "color": "#9aa2ab", "markeredgecolor": "white"}
    return {"marker": MARKS[index], "color": COLORS[index], "markeredgecolor": "white", "markeredgewidth": 0.8}


def _number(value: float, _: object) -> str:
    return short(round(value)) if value >= 1000 else number_text(value)


def _legend(names: Sequence[str]) -> list[Line2D]:
    style: dict[str, Any] = {"linestyle": "none", "markersize": 7.5}
    entries = [Line2D([], [], label=cut(name, 40), **style, **_mark(index)) for index, name in enumerate(names[:MOST])]
    if len(names) > MOST:
        entries.append(Line2D([], [], label="other networks", **style, **_mark(MOST)))
    return [*entries, Line2D([], [], label="best setting", **RING)]
