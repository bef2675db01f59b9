"""Which sweeps there are, and what is set over their files: less data, fewer epochs, other seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import yaml

from cnnspec.engine.sweep_file.axes import settings_of
from cnnspec.pytorch.sweep.start import Planning, find_sweep, plan, read_file

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

    ``epochs`` goes over what follows from the scale, ``seeds`` over those in the files; a sweep whose file has fewer
    epochs keeps them.
    """

    scale: float = 1.0
    epochs: int | None = None
    seeds: tuple[int, ...] = ()
    device: str = "auto"
    data_dir: str | None = None

    def settings(self, most: int = EPOCHS) -> list[tuple[str, Any]]:
        """What is set for all points of a sweep, whose epochs are at most so many."""
        pairs: list[tuple[str, Any]] = [("device", self.device)]
        epochs = self.epochs or max(round(EPOCHS * sqrt(self.scale)), 1)
        if self.scale < 1:
            pairs.append(("images", round(IMAGES * self.scale)))
        if epochs < most or (self.epochs is not None and most == EPOCHS):
            pairs.append(("epochs", epochs))
        if self.data_dir is not None:
            pairs.append(("data_dir", self.data_dir))
        return pairs


def planned(name: str, extent: Extent, build: Path) -> Planning:
    """A shipped sweep, to be run so far."""
    path = find_sweep(name)
    if extent.seeds:
        path = _seeded(path, extent.seeds, build / f"{name}.yaml")
    file = read_file(str(path))
    own = [int(setting.text) for setting in file.settings.recipe if setting.path == "epochs"]
    return plan(file, settings_of(extent.settings(*own)))


def _seeded(path: Path, seeds: Sequence[int], copy: Path) -> Path:
    """A copy of a sweep file with these seeds."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["axes"]["seed"] = list(seeds)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return copy
