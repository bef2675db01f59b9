"""The data sets: pixels as they come, in memory, with a test part that training never sees.

digits           1,797 handwritten digits of 8×8, embedded in scikit-learn; a fifth of each class is the test part
mnist            60,000 + 10,000 digits of 28×28, from four IDX files
fashion-mnist    the same with pieces of clothing
fake             noise around one pattern a class, in the network's own input size: to try a network out
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnnspec.data import idx
from cnnspec.data.files import FASHION_MNIST, MNIST, IdxSet, Note, data_folder, files_of
from cnnspec.diagnostics import DataError

DIGITS_TEST_SHARE = 5  # one in five
DIGITS_SEED = 0  # the test part is the same for everyone, whatever the seed of a run
FAKE_TRAIN, FAKE_TEST = 1024, 256


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Images uint8 N×C×H×W and labels int64 N, from 0 to ``classes`` - 1, in a training and a test part."""

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: int

    @property
    def image(self) -> tuple[int, ...]:
        """The sizes C, H, W of an image."""
        return tuple(self.train_images.shape[1:])


def load_data(name: str, data_dir: Path | None, input: Sequence[int], classes: int, note: Note) -> Dataset:
    """A data set by its name; ``input`` (C, H, W) and ``classes`` are the network's, and shape the fake one.

    Raises DataError where files are missing or damaged.
    """
    if name == "digits":
        return digits()
    if name == "fake":
        return fake(input, classes)
    return from_idx(MNIST if name == "mnist" else FASHION_MNIST, data_folder(data_dir), note)


def digits() -> Dataset:
    """scikit-learn's digits, their 17 grey levels spread over 0 to 255."""
    from sklearn.datasets import load_digits  # seconds to import, and needed here only

    bunch = load_digits()
    images = torch.from_numpy(np.rint(bunch.images * (255 / 16)).astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    train, test = stratified(bunch.target, DIGITS_TEST_SHARE)
    return Dataset("digits", images[train], labels[train], images[test], labels[test], 10)


def stratified(labels: np.ndarray, share: int) -> tuple[Tensor, Tensor]:
    """Indices of all but, and of, one in ``share`` of each class, drawn once and for ever the same."""
    random = np.random.RandomState(DIGITS_SEED)  # its stream is frozen: numpy promises the same in every version
    chosen = [random.permutation(np.flatnonzero(labels == c)) for c in np.unique(labels)]
    test = np.sort(np.concatenate([members[: round(len(members) / share)] for members in chosen]))
    train = np.setdiff1d(np.arange(len(labels)), test)
    return torch.from_numpy(train), torch.from_numpy(test)


def from_idx(which: IdxSet, base: Path, note: Note) -> Dataset:
    """MNIST or one of its kin from the four files in a data folder."""
    paths = files_of(which, base, note)
    train, train_labels = idx.read_pair(paths[0], paths[1], which.classes)
    test, test_labels = idx.read_pair(paths[2], paths[3], which.classes)
    if train.shape[1:] != test.shape[1:]:
        sizes = [f"{h}×{w}" for _, h, w in (train.shape, test.shape)]
        raise DataError(f"{paths[2]}: image size: expected {sizes[0]} as in {paths[0].name}, found {sizes[1]}")
    pixels = [torch.from_numpy(images).unsqueeze(1) for images in (train, test)]
    targets = [torch.from_numpy(labels.astype(np.int64)) for labels in (train_labels, test_labels)]
    return Dataset(which.name, pixels[0], targets[0], pixels[1], targets[1], which.classes)


def fake(image: Sequence[int], classes: int) -> Dataset:
    """Images of sizes ``image`` (C, H, W): half noise, half the pattern of their class, always the same ones."""
    generator = torch.Generator().manual_seed(0)
    patterns = _noise((classes, *image), generator)
    labels = torch.arange(FAKE_TRAIN + FAKE_TEST) % classes
    images = patterns[labels] + _noise((len(labels), *image), generator)
    train, test = slice(None, FAKE_TRAIN), slice(FAKE_TRAIN, None)
    return Dataset("fake", images[train], labels[train], images[test], labels[test], classes)


def _noise(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randint(0, 128, shape, dtype=torch.uint8, generator=generator)
