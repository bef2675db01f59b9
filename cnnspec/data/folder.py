"""Images of one's own, a folder for each class.

    DIR/train/CLASS/*.png     with DIR/val/CLASS/*.png, DIR/test/CLASS/*.png or both: parts, by any usual name
    DIR/CLASS/*.png           a fifth of each class is the test part, the same one for everyone

Classes are numbered in the order of their names. Files without the extension of an image and hidden names are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cnnspec.data.copies import MOST, copies_among, members_of, told
from cnnspec.data.dataset import Dataset
from cnnspec.data.examples import Pixels, pixels_of
from cnnspec.data.held_out import stratified
from cnnspec.data.irregular import require_leading
from cnnspec.data.parts import HELP, TEST, TRAIN, VALIDATION, folders_in, images_in, parts_of
from cnnspec.data.streamed import Streamed, read_all
from cnnspec.diagnostics import DataError, listing, printable

TEST_SHARE = 5  # one in five
SAMPLE = 2048  # images that mean and deviation are taken of


@dataclass(frozen=True, slots=True, eq=False)
class InFiles:
    """Paths of images and their labels int64 N, to be read in the size ``image`` (C, H, W) by so many workers."""

    paths: tuple[Path, ...]
    labels: Tensor
    image: tuple[int, ...]
    workers: int

    def at(self, index: Tensor) -> InFiles:
        """The images at these indices."""
        return InFiles(tuple(self.paths[i] for i in index.tolist()), self.labels[index], self.image, self.workers)

    def fitted(self, input: Sequence[int]) -> InFiles:
        return InFiles(self.paths, self.labels, tuple(input), self.workers)

    def pixels(self, index: Tensor) -> Pixels:
        """The statistics of at most so many of the images, taken evenly."""
        some = index[torch.linspace(0, len(index) - 1, min(SAMPLE, len(index))).round().long()]
        images = read_all(self.paths, some, self.image, self.workers)
        return pixels_of(images, torch.arange(len(images)))

    def on(self, device: torch.device, pixels: Pixels) -> Streamed:
        return Streamed.on(device, self.paths, self.labels, self.image, pixels, self.workers)


def folder(base: Path, input: Sequence[int], workers: int, most: int | None = MOST) -> Dataset:
    """The images below a folder in a network's size ``input`` (C, H, W); at most ``most`` files are compared as copies.

    Raises DataError.
    """
    if not base.is_dir():
        raise DataError(f"there is no folder {base}", "name one with --data-dir")
    image = (input[0] if input[0] in (1, 3) else 3, *input[1:])
    require_leading(base)
    places = parts_of(base)
    held = _classes(places.train)
    classes = tuple(held)
    found = {TRAIN: _part(held, classes, image, workers)}
    for name, place in ((VALIDATION, places.validation), (TEST, places.test)):
        if place is not None:
            found[name] = _part(_measured(place, places.train, classes), classes, image, workers)
    if len(found) == 1:
        found[TRAIN], found[TEST] = _split(found[TRAIN], base)
    members = [m for name, part in found.items() for m in members_of(name, part.paths, part.labels.tolist(), classes)]
    unused = [f"`{path.name}` is next to the parts and is not used" for path in places.unused]
    doubts = (*unused, *told(copies_among(members, most), base))
    names = tuple(map(printable, classes))
    return Dataset("folder", found[TRAIN], found.get(TEST), names, found.get(VALIDATION), doubts)


def _classes(base: Path) -> dict[str, list[Path]]:
    """The images of each class of the training part."""
    require_leading(base)
    found = {path.name: images_in(path) for path in folders_in(base)}
    if len(found) < 2:
        raise DataError(f"{base} holds {len(found) or 'no'} class{'es'[: 2 * (not found)]}", HELP)
    empty = next((name for name, paths in found.items() if not paths), None)
    if empty is not None:
        raise DataError(f"{base / empty} holds no images", HELP)
    return found


def _measured(place: Path, train: Path, classes: Sequence[str]) -> dict[str, list[Path]]:
    """The images of a validation or test part, whose classes are those of the training part or some of them."""
    require_leading(place)
    found = {path.name: paths for path in folders_in(place) if (paths := images_in(path))}
    foreign = [f"`{name}`" for name in found if name not in classes]
    if foreign:
        message = f"{train} has no class {listing(foreign[:5])}, which {place} holds"
        raise DataError(message, "the classes are those of the training part")
    if not found:
        raise DataError(f"{place} holds no images in class folders", HELP)
    return found


def _part(held: Mapping[str, Sequence[Path]], classes: Sequence[str], image: tuple[int, ...], workers: int) -> InFiles:
    """The images of classes, in their order; a class may have none."""
    found = [(path, label) for label, name in enumerate(classes) for path in held.get(name, ())]
    labels = torch.tensor([label for _, label in found], dtype=torch.int64)
    return InFiles(tuple(path for path, _ in found), labels, image, workers)


def _split(part: InFiles, base: Path) -> tuple[InFiles, InFiles]:
    """The training and the test part of images that come in one."""
    train, test = stratified(part.labels.numpy(), TEST_SHARE)
    if not len(test):
        raise DataError(f"{base} has too few images to hold a test part back", f"{TEST_SHARE} a class, or more")
    return part.at(train), part.at(test)
