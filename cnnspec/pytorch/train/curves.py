"""The picture of a run: loss and accuracy over the epochs, side by side."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec, TypeVar

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # not pyplot: it would pick a window system, and keep every figure
from matplotlib.ticker import MaxNLocator

from cnnspec.engine.diagnostics import printable
from cnnspec.pytorch.train.watch import Metrics

P = ParamSpec("P")
T = TypeVar("T")
# Okabe and Ito's blue and vermilion, which every kind of colour vision tells apart; the marks differ for print in grey
TRAINING: dict[str, Any] = {"color": "#0072B2", "marker": "o", "label": "training"}
VALIDATION: dict[str, Any] = {"color": "#D55E00", "marker": "s", "linestyle": "--", "label": "validation"}


def plainly(draw: Callable[P, T]) -> Callable[P, T]:
    """Drawn with names as they are: no dollar begins a formula, and a sign that the font lacks is a box in silence."""

    @wraps(draw)
    def drawn(*given: P.args, **named: P.kwargs) -> T:
        with rc_context({"text.parse_math": False}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            return draw(*given, **named)

    return drawn


@plainly
def curves(title: str, metrics: Sequence[Metrics]) -> bytes:
    """The curves as a PNG of 1,200×480 pixels."""
    figure = Figure(figsize=(10, 4), dpi=120, layout="constrained")
    figure.suptitle(printable(title))
    loss, accuracy = figure.subplots(1, 2)
    epochs = [m.epoch for m in metrics]
    _draw(loss, epochs, [m.train_loss for m in metrics], [m.val_loss for m in metrics])
    _draw(accuracy, epochs, _percent([m.train_accuracy for m in metrics]), _percent([m.val_accuracy for m in metrics]))
    loss.set_ylabel("loss")
    loss.set_ylim(bottom=0)
    accuracy.set_ylabel("accuracy (%)")
    return png(figure)


def _draw(axes: Axes, epochs: list[int], training: Sequence[float | None], validation: Sequence[float | None]) -> None:
    for values, style in ((training, TRAINING), (validation, VALIDATION)):
        known = [value for value in values if value is not None]
        if known:
            axes.plot(epochs, known, markersize=4, linewidth=1.5, **style)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def _percent(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else 100 * value for value in values]


def png(figure: Figure) -> bytes:
    """A figure as the bytes of a file."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
