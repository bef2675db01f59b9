"""Which sweeps there are, and what is set over their files: less data, fewer epochs, other seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import yaml

from cnnspec.sweep.begin import Planning, find_sweep, plan, read_file
from cnnspec.sweepfile.axes import settings_of

IMAGES = 60_000  # of MNIST's training set
EPOCHS = 10  # of the recipes
NAMES = (  # those with long runs first, so that short ones fill the slots at the end
    "googlenet",
    "corrected",
    "comparison",
    "resnet18",
    "vgg16_seeds",
    "vgg16",
    "alexnet",
    "lenet_pooling",
    "lenet_relu",
    "lenet_sigmoid",
)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of it is run: a share of the images, and the square root of that share of the epochs, one at least.

    ``epochs`` and ``seeds`` go over what follows from the scale and over the axes of the files.
    """

    scale: float = 1.0
    epochs: int | None = None
    seeds: tuple[int, ...] = ()
    device: str = "auto"
    data_dir: str | None = None

    @property
    def settings(self) -> list[tuple[str, Any]]:
        """What is set for all points of all sweeps."""
        pairs: list[tuple[str, Any]] = [("device", self.device)]
        if self.scale < 1:
            pairs += [("images", round(IMAGES * self.scale)), ("epochs", max(round(EPOCHS * sqrt(self.scale)), 1))]
        if self.epochs is not None:
            pairs = [pair for pair in pairs if pair[0] != "epochs"] + [("epochs", self.epochs)]
        if self.data_dir is not None:
            pairs.append(("data_dir", self.data_dir))
        return pairs


def planned(name: str, extent: Extent, build: Path) -> Planning:
    """A shipped sweep, to be run so far."""
    path = find_sweep(name)
    if extent.seeds:
        path = _seeded(path, extent.seeds, build / f"{name}.yaml")
    return plan(read_file(str(path)), settings_of(extent.settings))


def _seeded(path: Path, seeds: Sequence[int], copy: Path) -> Path:
    """A copy of a sweep file with these seeds."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["axes"]["seed"] = list(seeds)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return copy
