"""What was looked at, as PNG: the worst mistakes, the confusion of classes, the maps of a layer."""

from __future__ import annotations

from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from cnnspec.engine.diagnostics import count, printable
from cnnspec.pytorch.evaluate.evaluation import Evaluation
from cnnspec.pytorch.evaluate.feature_maps import Features
from cnnspec.pytorch.train.curves import plainly, png

MOST_MISTAKES = 24
COLUMNS = 9
NAME = 15  # characters of a name that fit above a picture
MOST_MAPS = 64
NUMBERED = 20  # classes up to which the counts stand in the squares


@plainly
def mistakes(evaluation: Evaluation) -> bytes | None:
    """The images with the greatest loss among those taken for another class; None where there are none."""
    index = evaluation.mistakes(MOST_MISTAKES)
    if not len(index):
        return None
    wrong = int((evaluation.labels != evaluation.predicted).sum())
    title = f"the {len(index)} worst of {wrong:,} mistakes" if wrong > len(index) else count(wrong, "mistake")
    title += " (what it is → what it was taken for)"
    figure, places = _grid(len(index), f"{evaluation.opened.title}: {title}", 3)
    for place, at, image in zip(places, index.tolist(), evaluation.images(index), strict=False):
        _show(place, image)
        place.set_title(_of_mistake(evaluation, at), fontsize=7.5)
    return png(figure)


def _of_mistake(evaluation: Evaluation, at: int) -> str:
    names = evaluation.opened.classes
    truth, taken = names[int(evaluation.labels[at])], names[int(evaluation.predicted[at])]
    return (
        f"{evaluation.part}:{at}, {100 * float(evaluation.probability[at]):.0f} %\n{_short(truth)}\n→ {_short(taken)}"
    )


def _short(name: str) -> str:
    name = printable(name)
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


@plainly
def confusion(evaluation: Evaluation) -> bytes:
    """A square for each pair of classes, as dark as the share of the row's images that it holds."""
    counts = evaluation.confusion.numpy()
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = min(3.5 + 0.4 * len(counts), 12)
    figure = Figure(figsize=(size, size), dpi=120, layout="constrained")
    axes = figure.subplots()
    accuracy = 100 * evaluation.figures.accuracy
    axes.set_title(f"{evaluation.opened.title}: {evaluation.part} accuracy {accuracy:.2f} %", fontsize=10)
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)  # the root: mistakes are few, and are to be seen
    _label(axes, evaluation.opened.classes)
    if len(counts) <= NUMBERED:
        for row, column in np.argwhere(counts):
            colour = "white" if shares[row, column] > 0.4 else "black"
            axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=colour, fontsize=7)
    return png(figure)


def _label(axes: Axes, names: tuple[str, ...]) -> None:
    size = 9 if len(names) <= NUMBERED else 4.5
    upright = max(map(len, names)) <= 2
    axes.set_xticks(range(len(names)), names, rotation=0 if upright else 90, fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    axes.tick_params(length=0)


@plainly
def maps(found: Features, title: str) -> bytes:
    """The image, and behind it the maps of its layer, each from its own smallest value (black) to its largest."""
    shown = found.maps[:MOST_MAPS]
    channels, height, width = found.maps.shape
    more = f", the first {MOST_MAPS} of them" if channels > MOST_MAPS else ""
    kind = f"{found.kind}, " if found.kind else ""
    heading = f"{title} · {found.layer}: {kind}{count(channels, 'map')} of {height}×{width}{more}"
    figure, places = _grid(len(shown) + 1, heading, 1)
    _show(places[0], found.given.image)
    places[0].set_title(_of_image(found), fontsize=7.5)
    for number, (place, one) in enumerate(zip(places[1:], shown, strict=False)):
        low, high = float(one.min()), float(one.max())
        place.imshow(one.numpy(), cmap="gray", vmin=low, vmax=high if high > low else low + 1)
        place.set_title(f"map {number}", fontsize=7.5)
    return png(figure)


def _of_image(found: Features) -> str:
    name = Path(found.given.name).name
    return _short(f"{name}: {found.given.label}" if found.given.label else name)


def _grid(number: int, title: str, lines: int) -> tuple[Figure, list[Axes]]:
    """A figure with a place for each picture and so many lines above it, without axes."""
    columns = min(COLUMNS, max(ceil(sqrt(1.5 * number)), 4))
    rows = ceil(number / columns)
    figure = Figure(figsize=(1.1 * columns, (1.1 + 0.12 * lines) * rows + 0.4), dpi=150, layout="constrained")
    figure.suptitle(title, fontsize=9)
    places: list[Axes] = list(figure.subplots(rows, columns, squeeze=False).flat)
    for place in places:
        place.axis("off")
    return figure, places


def _show(place: Axes, image: Tensor) -> None:
    """An image uint8 C×H×W, grey or in colours; of any other number of channels, the first."""
    grey: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255}
    if image.shape[0] == 3 and not torch.equal(image[0], image[2]):
        place.imshow(image.permute(1, 2, 0).numpy())
    else:
        place.imshow(image[0].numpy(), **grey)
