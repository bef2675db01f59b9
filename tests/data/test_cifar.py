"""CIFAR's files are read as torchvision reads its Python version, or refused with the field that is wrong."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets as torchvision_datasets

from cnnspec import DataError
from cnnspec.pytorch.data.cifar import records
from cnnspec.pytorch.data.known_sets import CIFAR10, CIFAR100, IMAGE, CifarSet, File
from cnnspec.pytorch.data.load import from_cifar
from tests.data.cifar_files import COUNT, archived, encode, write_set


def silent(text: str) -> None:
    """Hears nothing."""


@pytest.mark.parametrize("packed", [False, True])
def test_a_set_is_what_torchvision_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    """The archive and the folder it unpacks to give the pixels and labels of the same images as Python's pickles."""
    known = write_set(CIFAR10, tmp_path / "binary", packed)
    ours = from_cifar(known, tmp_path / "binary", silent)
    theirs = torchvision_datasets.CIFAR10
    monkeypatch.setattr(theirs, "_check_integrity", lambda self: True)
    monkeypatch.setattr(theirs, "_load_meta", lambda self: None)
    base = tmp_path / "cifar-10-batches-py"
    base.mkdir()
    for number, (name, _) in enumerate((*theirs.train_list, *theirs.test_list)):
        table = np.frombuffer(encode(CIFAR10, number), np.uint8).reshape(COUNT, -1)
        base.joinpath(name).write_bytes(pickle.dumps({"data": table[:, 1:], "labels": table[:, 0].tolist()}))
    for part, train in ((ours.train, True), (ours.test, False)):
        read = theirs(str(tmp_path), train=train)
        assert torch.equal(part.images, torch.from_numpy(read.data).permute(0, 3, 1, 2))
        assert part.labels.tolist() == read.targets
    assert (ours.image, ours.classes[3], ours.name) == ((3, 32, 32), "cat", "cifar10")


def test_the_second_label_of_cifar100_counts(tmp_path: Path) -> None:
    """The first one names one of twenty kinds, which is not the class."""
    known = replace(write_set(CIFAR100, tmp_path, packed=True), label_bounds=(20, 100))
    data = from_cifar(known, tmp_path, silent)
    assert data.train.labels.tolist() == [0, 1, 2, 3]
    assert data.test.labels.tolist() == [1, 2, 3, 4]
    assert (len(data.classes), data.classes[99]) == (100, "worm")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("below", ["", "cifar10"])
def test_files_are_found_in_either_folder(tmp_path: Path, packed: bool, below: str) -> None:
    """The data folder itself, or the set's own below it; the unpacked files may also lie there without their folder."""
    known = write_set(CIFAR10, tmp_path / below, packed)
    assert len(from_cifar(known, tmp_path, silent).train.labels) == 5 * COUNT
    if not packed:
        assert len(from_cifar(known, tmp_path / below / known.folder, silent).test.labels) == COUNT


FILE = CIFAR10.train[0]


def recorded(data: bytes) -> File:
    return File(FILE.name, len(data), sha256(data).hexdigest())


GOOD = encode(CIFAR10, 0)
LABEL = GOOD[: 1 + IMAGE] + b"\x0a" + GOOD[2 + IMAGE :]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (GOOD[:-1], "size: expected 12,292 bytes (4 records of 3,073), found 12,291"),
        (GOOD + b"!", "size: expected 12,292 bytes (4 records of 3,073), found more"),
        (b"", "size: expected 12,292 bytes (4 records of 3,073), found 0"),
        (LABEL, "label 1: expected between 0 and 9, found 10"),
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), "SHA-256: expected "),
        (None, "file: expected one of this name, found none"),
    ],
)
def test_a_damaged_file_is_named_with_its_field(data: bytes | None, message: str) -> None:
    """Length, labels and content are checked in this order."""
    with pytest.raises(DataError) as caught:
        records(recorded(GOOD), Path("data_batch_1.bin"), data, (10,))
    assert caught.value.message.startswith(f"data_batch_1.bin: {message}")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(("damage", "message"), [(truncate, "size: expected "), (flip, "SHA-256: expected ")])
def test_a_damaged_archive_is_not_unpacked(tmp_path: Path, damage: Callable[[Path], None], message: str) -> None:
    """Its hash decides before anything in it is looked at."""
    known = write_set(CIFAR10, tmp_path, packed=True)
    damage(tmp_path / known.archive.name)
    with pytest.raises(DataError, match=f"cifar-10-binary.tar.gz: {message}"):
        from_cifar(known, tmp_path, silent)


@pytest.mark.parametrize("cut", [False, True])
def test_an_archive_that_is_no_such_archive_is_a_data_error(tmp_path: Path, cut: bool) -> None:
    """An archive that lacks a file, or ends in its midst, is refused even where its hash is as it should be."""
    known: CifarSet = write_set(CIFAR10, tmp_path, packed=True)
    other = archived(known, {"data_batch_1.bin": GOOD})
    body = other[: len(other) // 2] if cut else other
    (tmp_path / known.archive.name).write_bytes(body)
    known = replace(known, archive=File(known.archive.name, len(body), sha256(body).hexdigest()))
    with pytest.raises(DataError, match=r"gzip data|archive|file: expected one of this name"):
        from_cifar(known, tmp_path, silent)


@pytest.mark.parametrize("name", ["cifar-10-python.tar.gz", "cifar-10-batches-py"])
def test_pickles_are_not_read_and_that_is_said(tmp_path: Path, name: str) -> None:
    """Who has the Python version learns why it does not do; nothing of it is opened."""
    place = tmp_path / name
    if name.endswith("py"):
        place.mkdir()
        place = place / "data_batch_1"
    place.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError) as caught:
        from_cifar(replace(CIFAR10, mirrors=()), tmp_path, silent)
    assert f"{tmp_path / name} holds pickles, which are programs, and is not read" in caught.value.help
    assert "put cifar-10-binary.tar.gz (as it is) into" in caught.value.help


class Bomb:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (pytest.fail, ("a pickle was run",))


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_is_too_long_is_refused(tmp_path: Path, packed: bool) -> None:
    """Unpacked or in an archive whose hash is as it should be: a record more is no such file."""
    known = write_set(CIFAR10, tmp_path, packed)
    longer = replace(known, test=(replace(known.test[0], size=known.test[0].size - 1 - IMAGE),))
    with pytest.raises(DataError, match=r"test_batch.bin: size: expected 9,219 bytes .*, found more"):
        from_cifar(longer, tmp_path, silent)
