"""Where data sets come from, and how they are parted."""

from __future__ import annotations

import urllib.error
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from sklearn.datasets import load_digits

from cnnspec import DataError, OutputError
from cnnspec.data.datasets import digits, fake, from_idx, load_data
from cnnspec.data.files import FASHION_MNIST, FILES, MNIST, IdxSet, data_folder, files_of
from tests.data.idx_files import write_set


def silent(text: str) -> None:
    """Hears nothing."""


def test_digits_hold_a_fifth_of_each_class_back() -> None:
    """The test part is stratified, and nothing is in both parts or in neither."""
    data = digits()
    assert (len(data.train_labels), len(data.test_labels)) == (1438, 359)
    held_out, whole = torch.bincount(data.test_labels), np.bincount(load_digits().target)
    assert held_out.tolist() == [round(n / 5) for n in whole]
    images = torch.cat([data.train_images, data.test_images]).flatten(1).tolist()
    original = (load_digits().data * 255 / 16).round().astype(int).tolist()
    assert sorted(images) == sorted(original)


def test_digits_are_the_same_for_everyone() -> None:
    """The test part does not hang on any seed: these labels come first, whatever was drawn before."""
    torch.manual_seed(7)
    np.random.seed(7)
    first, second = digits(), digits()
    assert torch.equal(first.test_images, second.test_images)
    assert first.test_images.dtype == torch.uint8
    assert first.test_labels[:12].tolist() == [3, 7, 3, 9, 0, 8, 7, 0, 8, 0, 3, 3]
    assert int(first.test_images.sum()) == 1_776_711


@pytest.mark.parametrize(
    ("which", "folders"),
    [(MNIST, ("", "mnist", "MNIST/raw")), (FASHION_MNIST, ("", "fashion-mnist", "FashionMNIST/raw"))],
)
def test_folders_are_searched_in_order(tmp_path: Path, which: IdxSet, folders: tuple[str, ...]) -> None:
    """The data folder itself, then the set's own name below it, then where torchvision puts it."""
    for fill, folder in reversed(list(enumerate(folders))):
        write_set(tmp_path / folder, fill, zipped=fill == 1)
        found = from_idx(which, tmp_path, silent)
        assert int(found.train_images[0, 0, 0, 0]) == fill
        assert files_of(which, tmp_path, silent)[0].parent == tmp_path / folder


def test_a_folder_that_lacks_a_file_is_passed_over(tmp_path: Path) -> None:
    """Three of the four files are not a data set."""
    write_set(tmp_path)
    (tmp_path / FILES[3]).unlink()
    write_set(tmp_path / "mnist", zipped=True)
    assert files_of(MNIST, tmp_path, silent)[0] == tmp_path / "mnist" / f"{FILES[0]}.gz"


def test_unzipped_files_go_before_zipped_ones(tmp_path: Path) -> None:
    """Where both are there, the one that needs no unzipping is read."""
    write_set(tmp_path, zipped=True)
    write_set(tmp_path)
    assert files_of(MNIST, tmp_path, silent) == [tmp_path / name for name in FILES]


def test_the_data_folder_is_stated_or_a_variable_or_a_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """--data-dir goes before CNNSPEC_DATA, and that before the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CNNSPEC_DATA", raising=False)
    assert data_folder() == tmp_path / "cache" / "cnnspec"
    monkeypatch.setenv("CNNSPEC_DATA", str(tmp_path / "variable"))
    assert data_folder() == tmp_path / "variable"
    assert data_folder(tmp_path / "stated") == tmp_path / "stated"


def test_what_is_not_there_is_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """torchvision fetches the files into the data folder, which need not be there yet, and that is said."""

    def fetch(root: str, download: bool) -> None:
        assert download
        write_set(Path(root) / "MNIST" / "raw")

    monkeypatch.setattr(torchvision.datasets, "MNIST", fetch)
    notes: list[str] = []
    data = load_data("mnist", tmp_path / "new", (1, 6, 4), 10, notes.append)
    assert len(data.train_labels) == 12
    assert notes[0] == f"mnist is not in {tmp_path / 'new'}: downloading it there"


@pytest.mark.parametrize("failure", [urllib.error.URLError("no route to host"), RuntimeError("Error downloading")])
def test_a_failed_download_says_which_files_go_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: Exception
) -> None:
    """The message names the four files, the folders that are searched and the ways to name another."""

    def fail(root: str, download: bool) -> None:
        raise failure

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", fail)
    with pytest.raises(DataError) as caught:
        load_data("fashion-mnist", tmp_path, (1, 28, 28), 10, silent)
    assert str(failure) in caught.value.message
    for words in (*FILES, str(tmp_path / "fashion-mnist"), "--data-dir", "CNNSPEC_DATA"):
        assert words in caught.value.help


def test_a_download_that_leaves_files_out_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was downloaded is looked at again."""
    monkeypatch.setattr(torchvision.datasets, "MNIST", lambda root, download: None)
    with pytest.raises(DataError, match="the download left files out"):
        files_of(MNIST, tmp_path, silent)


def test_a_data_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    """A file in the way of the data folder is named."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"the data folder .* cannot be made"):
        files_of(MNIST, tmp_path / "file" / "data", silent)


def test_fake_data_have_the_networks_shape() -> None:
    """Noise around a pattern a class, in any size, always the same."""
    data = fake((3, 5, 7), 4)
    assert (data.image, data.classes) == ((3, 5, 7), 4)
    assert set(data.test_labels.tolist()) == {0, 1, 2, 3}
    assert torch.equal(data.train_images, fake((3, 5, 7), 4).train_images)
