"""What is known of data sets agrees with torchvision, whose numbers were written down by other hands."""

from __future__ import annotations

import pytest
import torchvision

from cnnspec.engine.recipe.data_names import DATA_NAMES
from cnnspec.pytorch.data.known_sets import CIFAR10, CIFAR100, FASHION_MNIST, IMAGE, KNOWN, MNIST, IdxSet


@pytest.mark.parametrize("which", [MNIST, FASHION_MNIST])
def test_idx_files_are_those_of_torchvision(which: IdxSet) -> None:
    """The names of the files and the number of classes are the same, and a mirror is shared."""
    theirs = getattr(torchvision.datasets, which.torchvision)
    assert [file.packed.name for file in which.files if file.packed] == [name for name, _ in theirs.resources]
    assert len(which.classes) == len(theirs.classes)
    assert set(which.mirrors) & set(theirs.mirrors)


def test_the_classes_of_fashion_mnist_come_in_torchvisions_order() -> None:
    """Each name is torchvision's, but for its capital and the half behind a slash."""
    theirs = [name.split("/")[0].lower() for name in torchvision.datasets.FashionMNIST.classes]
    assert [name.lower() for name in FASHION_MNIST.classes] == theirs


def test_cifar_has_fifty_and_ten_thousand_images() -> None:
    """The sizes of the files are those of so many records, and the bounds those of so many classes."""
    for which, labels in ((CIFAR10, 1), (CIFAR100, 2)):
        sizes = [sum(file.size for file in part) / (labels + IMAGE) for part in (which.train, which.test)]
        assert sizes == [50_000, 10_000]
        assert len(which.label_bounds) == labels
        assert which.label_bounds[-1] == len(set(which.classes)) == len(which.classes)


def test_hashes_are_hashes_and_each_is_another() -> None:
    """64 hexadecimal digits, none of them twice."""
    hashes = [file.sha256 for which in KNOWN.values() for file in which.downloads]
    hashes += [file.sha256 for which in (CIFAR10, CIFAR100) for file in (*which.train, *which.test)]
    hashes += [file.sha256 for file in MNIST.files if file.sha256]
    assert len(set(hashes)) == len(hashes) == 4 + 4 + 1 + 1 + 6 + 2 + 4
    assert all(len(each) == 64 and int(each, 16) for each in hashes)


def test_every_known_set_has_a_name() -> None:
    """What --data takes, and what is known, is the same."""
    assert set(DATA_NAMES) - set(KNOWN) == {"digits", "fake", "folder"}
