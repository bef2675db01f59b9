"""Images of one's own, a folder for each class.

    DIR/train/CLASS/*.png     and DIR/test/CLASS/*.png, or val: two parts that are there already
    DIR/CLASS/*.png           a fifth of each class is the test part, the same one for everyone

Classes are numbered in the order of their names. Files that are no images by their ending, and those whose name begins
with a dot, are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnnspec.data.dataset import Dataset
from cnnspec.data.examples import Pixels, pixels_of
from cnnspec.data.held_out import stratified
from cnnspec.data.image import ENDINGS
from cnnspec.data.streamed import Streamed, read_all
from cnnspec.diagnostics import DataError, listing, printable

TEST_SHARE = 5  # one in five
SAMPLE = 2048  # images that mean and deviation are taken of
TESTS = ("test", "val")
HELP = "a folder of images holds a folder for each class, in itself or in its folders `train` and `test`"


@dataclass(frozen=True, slots=True, eq=False)
class InFiles:
    """Paths of images and their labels int64 N, to be read in the size ``image`` (C, H, W) by so many workers."""

    paths: tuple[Path, ...]
    labels: Tensor
    image: tuple[int, ...]
    workers: int

    def fitted(self, input: Sequence[int]) -> InFiles:
        return InFiles(self.paths, self.labels, tuple(input), self.workers)

    def pixels(self, index: Tensor) -> Pixels:
        """The statistics of at most so many of the images, taken evenly."""
        some = index[torch.linspace(0, len(index) - 1, min(SAMPLE, len(index))).round().long()]
        images = read_all(self.paths, some, self.image, self.workers)
        return pixels_of(images, torch.arange(len(images)))

    def on(self, device: torch.device, pixels: Pixels) -> Streamed:
        return Streamed.on(device, self.paths, self.labels, self.image, pixels, self.workers)


def folder(base: Path, input: Sequence[int], workers: int) -> Dataset:
    """The images below a folder in a network's size ``input`` (C, H, W). Raises DataError."""
    if not base.is_dir():
        raise DataError(f"there is no folder {base}", "name one with --data-dir")
    image = (input[0] if input[0] in (1, 3) else 3, *input[1:])
    tests = [base / name for name in TESTS if (base / name).is_dir()]
    if (base / "train").is_dir() and tests:
        return _in_two_parts(base / "train", tests[0], image, workers)
    paths, labels, classes = _listed(base)
    train, test = stratified(np.array(labels), TEST_SHARE)
    if not len(test):
        raise DataError(f"{base} has too few images to hold a test part back", f"{TEST_SHARE} a class, or more")
    parts = [_part(paths, labels, index, image, workers) for index in (train, test)]
    return Dataset("folder", parts[0], parts[1], classes)


def _in_two_parts(train: Path, test: Path, image: tuple[int, ...], workers: int) -> Dataset:
    parts, names = [], []
    for place in (train, test):
        paths, labels, classes = _listed(place)
        parts.append(InFiles(tuple(paths), torch.tensor(labels), image, workers))
        names.append(classes)
    if names[0] != names[1]:
        odd = sorted(set(names[0]) ^ set(names[1]))
        raise DataError(f"{train} and {test} have not the same classes: {listing(odd[:5])} is in one alone")
    return Dataset("folder", parts[0], parts[1], names[0])


def _listed(base: Path) -> tuple[list[Path], list[int], tuple[str, ...]]:
    """Paths and labels of the images below a folder, and the names of the classes."""
    classes = sorted(path.name for path in base.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(classes) < 2:
        raise DataError(f"{base} holds {len(classes) or 'no'} class{'es'[: 2 * (not classes)]}", HELP)
    paths, labels = [], []
    for label, name in enumerate(classes):
        found = images_in(base / name)
        if not found:
            raise DataError(f"{base / name} holds no images", HELP)
        paths += found
        labels += [label] * len(found)
    return paths, labels, tuple(map(printable, classes))


def images_in(folder: Path) -> list[Path]:
    """The image files anywhere below a folder, by name."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and not path.name.startswith("."))
    return sorted(path for path in found if path.is_file())


def _part(paths: list[Path], labels: list[int], index: Tensor, image: tuple[int, ...], workers: int) -> InFiles:
    chosen = index.tolist()
    return InFiles(tuple(paths[i] for i in chosen), torch.tensor([labels[i] for i in chosen]), image, workers)
