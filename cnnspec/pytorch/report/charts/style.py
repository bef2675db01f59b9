"""The style of all charts: sizes in CSS pixels, colors, lines and logarithmic axes.

Each chart is drawn twice, WIDE for screens and paper and NARROW for phones, so that its text is never scaled down.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from cnnspec.pytorch.report.labels import number_text

WIDE, NARROW = 720, 340  # CSS pixels
PIXEL = 1 / 96  # inch; the definition of CSS
INK, SOFT, PALE = "#16191d", "#59616b", "#c9ced4"

# The hues of Okabe and Ito, darkened for lines on white. Series also differ in lightness, dashes and marks
COLORS = ("#0072b2", "#c24e00", "#00573d", "#cc79a7", "#16191d", "#5f1f72")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 3)), (0, (9, 2)))
MARKS = "os^Dvp"
MOST = len(COLORS)  # series with a color of their own; the others are gray

RC: dict[Any, Any] = {
    "axes.edgecolor": SOFT,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.5,  # points: 12 CSS pixels are 9
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.75,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    "font.family": "sans-serif",
    "font.size": 9.5,
    "grid.color": "#e6e8eb",
    "grid.linewidth": 0.8,
    "legend.fontsize": 9.25,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "cnnspec",
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a name does not start a formula
    "xtick.color": SOFT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 9.25,
    "ytick.color": SOFT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 9.25,
}


@contextmanager
def styled() -> Iterator[None]:
    """Apply the style to figures created, drawn and saved inside; missing glyphs raise no warnings."""
    with rc_context(RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def figure_of(width: int, height: float) -> Figure:
    """Return an empty figure of a size in CSS pixels."""
    return Figure(figsize=(width * PIXEL, height * PIXEL), dpi=96, layout="constrained")


def line_style(index: int) -> dict[str, Any]:
    """Return color and dashes of a series."""
    return {"color": COLORS[index % MOST], "linestyle": DASHES[index % MOST], "linewidth": 1.8}


def epochs_on(axes: Axes, last: int) -> None:
    """Show epochs 1 to ``last`` on the x axis, so that all panels agree."""
    axes.set_xlabel("epoch")
    axes.set_xlim(1 - 0.04 * last, last + 0.04 * last)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5, min_n_ticks=1))


def log_scale(axes: Axes, values: Sequence[float], which: str = "y", widest: float = 100) -> None:
    """Make an axis logarithmic, with plain numbers as tick labels.

    Ticks are at 1, 2 and 5 if the values span a factor below ``most``, at 1 and 3 below ten times that, else at 1.
    """
    (axes.set_yscale if which == "y" else axes.set_xscale)("log")
    span = max(values) / min(values)
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if span < widest else (1, 3) if span < 10 * widest else (1,)))
    pad = span**0.06
    (axes.set_ylim if which == "y" else axes.set_xlim)(min(values) / pad, max(values) * pad)
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: number_text(value)))
