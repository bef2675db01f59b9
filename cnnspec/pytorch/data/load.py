"""The data sets by their names.

digits           1,797 handwritten digits of 8×8, which ship with cnnspec; a fifth of each class is the test part
mnist            60,000 + 10,000 digits of 28×28, from four IDX files
fashion-mnist    the same with pieces of clothing
cifar10          50,000 + 10,000 colour images of 32×32 in ten classes
cifar100         the same in a hundred classes
folder           images of your own, a folder for each class
fake             noise around one pattern a class, in the network's own input size: to try a network out
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnspec.engine.diagnostics import UsageError, count, listing
from cnnspec.pytorch.data import cifar, idx
from cnnspec.pytorch.data.dataset import Dataset, InMemory
from cnnspec.pytorch.data.digits import digits
from cnnspec.pytorch.data.faults import wrong
from cnnspec.pytorch.data.folder import folder
from cnnspec.pytorch.data.known_sets import KNOWN, CifarSet, IdxSet
from cnnspec.pytorch.data.locate import VARIABLE, Note, cifar_place, data_folder, idx_files

# Made-up images, to try a network out.

TRAIN, TEST = 1024, 256


def fake(image: Sequence[int], classes: int) -> Dataset:
    """Images of sizes ``image`` (C, H, W): half noise, half the pattern of their class, always the same ones."""
    generator = torch.Generator().manual_seed(0)
    patterns = _noise((classes, *image), generator)
    labels = torch.arange(TRAIN + TEST) % classes
    images = patterns[labels] + _noise((len(labels), *image), generator)
    parts = (InMemory(images[:TRAIN], labels[:TRAIN]), InMemory(images[TRAIN:], labels[TRAIN:]))
    return Dataset("fake", *parts, tuple(map(str, range(classes))))


def _noise(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randint(0, 128, shape, dtype=torch.uint8, generator=generator)


def load_data(
    name: str, data_dir: Path | None, input: Sequence[int], classes: int, note: Note, workers: int = 0
) -> Dataset:
    """A data set by its name; ``input`` (C, H, W) and ``classes`` are the network's, and shape the fake one.

    ``workers`` are the processes that read images of a folder, 0 being this one.

    Raises DataError where files are missing or damaged.
    """
    if name == "digits":
        return digits()
    if name == "fake":
        return fake(input, classes)
    if name == "folder":
        return from_folder(_stated(data_dir), input, workers, note)
    which, base = KNOWN[name], data_folder(data_dir)
    return from_idx(which, base, note) if isinstance(which, IdxSet) else from_cifar(which, base, note)


def _stated(data_dir: Path | None) -> Path:
    """The folder of the images. It has no default: nothing is trained on whatever lies in a cache."""
    if data_dir is None and not os.environ.get(VARIABLE):
        raise UsageError("the data set `folder` is the images below a folder", "name it with --data-dir")
    return data_folder(data_dir)


def from_folder(base: Path, input: Sequence[int], workers: int, note: Note) -> Dataset:
    """Images of one's own, a folder for each class."""
    found = folder(base, input, workers)
    parts = listing([f"{len(part.labels):,} {name}" for name, part in found.parts.items()])
    held = f"{base} holds {parts} images of {count(len(found.classes), 'class')}"
    note(f"{held}; they are resized and center-cropped to {input[1]}×{input[2]}")
    for doubt in found.doubts:
        note(f"warning: {doubt}")
    return found


def from_idx(which: IdxSet, base: Path, note: Note) -> Dataset:
    """MNIST or one of its kin from the four files in a data folder."""
    paths = idx_files(which, base, note)
    train, train_labels = idx.read_pair(paths[0], paths[1], which.files[:2], len(which.classes))
    test, test_labels = idx.read_pair(paths[2], paths[3], which.files[2:], len(which.classes))
    if train.shape[1:] != test.shape[1:]:
        sizes = [f"{h}×{w}" for _, h, w in (train.shape, test.shape)]
        raise wrong(paths[2], "image size", f"{sizes[0]} as in {paths[0].name}", sizes[1])
    parts = (_held(train[:, None], train_labels), _held(test[:, None], test_labels))
    return Dataset(which.name, *parts, which.classes)


def from_cifar(which: CifarSet, base: Path, note: Note) -> Dataset:
    """CIFAR-10 or CIFAR-100 from its archive, or the folder that it unpacks to, in a data folder."""
    train, test = cifar.read(which, cifar_place(which, base, note))
    return Dataset(which.name, _held(*train), _held(*test), which.classes)


def _held(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> InMemory:
    return InMemory(torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64)))
