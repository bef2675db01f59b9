"""Where data sets come from, and how they are parted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from cnnspec.pytorch.data.digits import FILE, digits
from cnnspec.pytorch.data.known_sets import FASHION_MNIST, MNIST, NAMES, IdxSet
from cnnspec.pytorch.data.load import fake, from_idx
from cnnspec.pytorch.data.locate import data_folder, idx_files
from tests.data.idx_files import of_no_known_content, write_set


def silent(text: str) -> None:
    """Hears nothing."""


def test_the_file_holds_the_array_of_scikit_learn() -> None:
    """Value for value, in the same order."""
    with np.load(FILE) as arrays:
        assert np.array_equal(arrays["images"], load_digits().images)
        assert np.array_equal(arrays["labels"], load_digits().target)


def test_digits_hold_a_fifth_of_each_class_back() -> None:
    """The test part is stratified, and nothing is in both parts or in neither."""
    data = digits()
    assert (len(data.train.labels), len(data.test.labels)) == (1438, 359)
    held_out, whole = torch.bincount(data.test.labels), np.bincount(load_digits().target)
    assert held_out.tolist() == [round(n / 5) for n in whole]
    images = torch.cat([data.train.images, data.test.images]).flatten(1).tolist()
    original = (load_digits().data * 255 / 16).round().astype(int).tolist()
    assert sorted(images) == sorted(original)


def test_digits_are_the_same_for_everyone() -> None:
    """The test part does not hang on any seed: these labels come first, whatever was drawn before."""
    torch.manual_seed(7)
    np.random.seed(7)
    first, second = digits(), digits()
    assert torch.equal(first.test.images, second.test.images)
    assert first.test.images.dtype == torch.uint8
    assert first.test.labels[:12].tolist() == [3, 7, 3, 9, 0, 8, 7, 0, 8, 0, 3, 3]
    assert int(first.test.images.sum()) == 1_776_711


@pytest.mark.parametrize(
    ("which", "folders"),
    [(MNIST, ("", "mnist", "MNIST/raw")), (FASHION_MNIST, ("", "fashion-mnist", "FashionMNIST/raw"))],
)
def test_folders_are_searched_in_order(tmp_path: Path, which: IdxSet, folders: tuple[str, ...]) -> None:
    """The data folder itself, then the set's own name below it, then where torchvision puts it."""
    for fill, folder in reversed(list(enumerate(folders))):
        write_set(tmp_path / folder, fill, zipped=fill == 1)
        found = from_idx(of_no_known_content(which), tmp_path, silent)
        assert int(found.train.images[0, 0, 0, 0]) == fill
        assert idx_files(which, tmp_path, silent)[0].parent == tmp_path / folder


def test_a_folder_that_lacks_a_file_is_passed_over(tmp_path: Path) -> None:
    """Three of the four files are not a data set."""
    write_set(tmp_path)
    (tmp_path / NAMES[3]).unlink()
    write_set(tmp_path / "mnist", zipped=True)
    assert idx_files(MNIST, tmp_path, silent)[0] == tmp_path / "mnist" / f"{NAMES[0]}.gz"


def test_unzipped_files_go_before_zipped_ones(tmp_path: Path) -> None:
    """Where both are there, the one that needs no unzipping is read."""
    write_set(tmp_path, zipped=True)
    write_set(tmp_path)
    assert idx_files(MNIST, tmp_path, silent) == [tmp_path / name for name in NAMES]


def test_the_data_folder_is_stated_or_a_variable_or_a_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """--data-dir goes before CNNSPEC_DATA, and that before the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CNNSPEC_DATA", raising=False)
    assert data_folder() == tmp_path / "cache" / "cnnspec"
    monkeypatch.setenv("CNNSPEC_DATA", str(tmp_path / "variable"))
    assert data_folder() == tmp_path / "variable"
    assert data_folder(tmp_path / "stated") == tmp_path / "stated"


def test_fake_data_have_the_networks_shape() -> None:
    """Noise around a pattern a class, in any size, always the same."""
    data = fake((3, 5, 7), 4)
    assert (data.image, len(data.classes)) == ((3, 5, 7), 4)
    assert set(data.test.labels.tolist()) == {0, 1, 2, 3}
    assert torch.equal(data.train.images, fake((3, 5, 7), 4).train.images)
