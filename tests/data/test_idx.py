"""IDX files are read as torchvision reads them, or refused with the field that is wrong."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets as torchvision_datasets

from cnnspec import DataError
from cnnspec.pytorch.data.idx import read, read_pair
from cnnspec.pytorch.data.known_sets import MNIST, NAMES, IdxFile
from cnnspec.pytorch.data.load import from_idx
from cnnspec.pytorch.data.locate import idx_files
from tests.data.idx_files import TRAIN, encode, of_no_known_content, with_known_content, write_set

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = encode(IMAGES)
ANY = IdxFile("of which nothing is known")


def written(tmp_path: Path, data: bytes, name: str = "images") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("zipped", [False, True])
def test_a_good_file_is_read_whatever_it_is_called(tmp_path: Path, zipped: bool) -> None:
    """Gzip is known by its content, not by the name of the file."""
    path = written(tmp_path, gzip.compress(GOOD) if zipped else GOOD)
    assert np.array_equal(read(path, 3, ANY), IMAGES)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\1" + GOOD[1:], "magic number: expected 0x0000, found 0x0100"),
        (GOOD[:2] + b"\x0d" + GOOD[3:], "type: expected 0x08 (unsigned byte), found 0x0d"),
        (GOOD[:3] + b"\1" + GOOD[4:], "number of dimensions: expected 3, found 1"),
        (GOOD[:2], "header: expected 4 bytes, found 2"),
        (GOOD[:10], "sizes: expected 12 bytes, found 6"),
        (GOOD[:-1], "data: expected 24 bytes, found 23"),
        (GOOD + b"\0", "data: expected 24 bytes, found more"),
        (b"", "header: expected 4 bytes, found 0"),
        (GOOD[:4] + struct.pack(">3I", 0, 3, 4), "size: expected between 1 and 2,147,483,648 bytes, found 0×3×4"),
        (GOOD[:4] + b"\xff" * 12 + GOOD[16:], "found 4294967295×4294967295×4294967295"),
        (gzip.compress(GOOD, mtime=0)[:-9], "gzip data: "),
        (gzip.compress(GOOD, mtime=0)[:-8] + b"\0" * 8, "gzip data: CRC check failed"),
        (gzip.compress(GOOD, mtime=0) + b"more", "gzip data: "),
        (gzip.compress(GOOD + b"\0", mtime=0), "data: expected 24 bytes, found more"),
    ],
)
def test_a_damaged_file_is_named_with_its_field(tmp_path: Path, data: bytes, message: str) -> None:
    """The message names the file, the field, what was expected and what was found."""
    path = written(tmp_path, data)
    with pytest.raises(DataError) as caught:
        read(path, 3, ANY)
    assert caught.value.message.startswith(str(path))
    assert message in caught.value.message
    assert caught.value.exit_code == 4


def test_no_flipped_bit_of_a_gzipped_file_goes_unnoticed(tmp_path: Path) -> None:
    """A file with one bit flipped is refused, unless the same pixels come out of it."""
    data = gzip.compress(GOOD)
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert np.array_equal(read(written(tmp_path, bytes(flipped)), 3, ANY), IMAGES), bit
        except DataError:
            continue


def test_no_truncation_goes_unnoticed(tmp_path: Path) -> None:
    """Whatever is cut off a file, plain or gzipped, it is refused."""
    for data in (GOOD, gzip.compress(GOOD)):
        for length in range(len(data)):
            with pytest.raises(DataError):
                read(written(tmp_path, data[:length]), 3, ANY)


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read(tmp_path / "gone", 3, ANY)


def test_images_and_labels_are_equally_many(tmp_path: Path) -> None:
    """A label file of another length is refused."""
    labels = written(tmp_path, encode(np.zeros(3, np.uint8)), "labels")
    with pytest.raises(DataError, match="number of labels: expected 2, one for each image in images, found 3"):
        read_pair(written(tmp_path, GOOD), labels, (ANY, ANY), 10)


def test_labels_are_in_range(tmp_path: Path) -> None:
    """The first label that is no class is named by its place."""
    labels = written(tmp_path, encode(np.array([3, 10], np.uint8)), "labels")
    with pytest.raises(DataError, match="label 1: expected between 0 and 9, found 10"):
        read_pair(written(tmp_path, GOOD), labels, (ANY, ANY), 10)


def test_training_and_test_images_have_one_size(tmp_path: Path) -> None:
    """Test images of another size are refused."""
    write_set(tmp_path)
    written(tmp_path, encode(np.zeros((5, 4, 6), np.uint8)), NAMES[2])
    with pytest.raises(DataError, match="image size: expected 6×4 as in train-images-idx3-ubyte, found 4×6"):
        from_idx(of_no_known_content(), tmp_path, lambda _: None)


def test_a_set_is_what_torchvision_reads(tmp_path: Path) -> None:
    """Pixels and labels of both parts equal torchvision's from the same four files."""
    write_set(tmp_path / "MNIST" / "raw")
    ours = from_idx(of_no_known_content(), tmp_path, lambda _: None)
    train, test = (torchvision_datasets.MNIST(str(tmp_path), train=part) for part in (True, False))
    assert torch.equal(ours.train.images.squeeze(1), train.data)
    assert torch.equal(ours.train.labels, train.targets)
    assert torch.equal(ours.test.images.squeeze(1), test.data)
    assert torch.equal(ours.test.labels, test.targets)
    assert (ours.image, ours.classes, ours.name) == ((1, 6, 4), tuple("0123456789"), "mnist")


@pytest.mark.skipif("CNNSPEC_DATA" not in os.environ, reason="CNNSPEC_DATA names no folder with MNIST")
def test_mnist_itself_is_read_to_the_bit() -> None:
    """The original files, written again from what was read, have the known SHA-256."""
    paths = idx_files(MNIST, Path(os.environ["CNNSPEC_DATA"]), lambda _: None)
    for path, rank, known in zip(paths, (3, 1, 3, 1), MNIST.files, strict=True):
        assert hashlib.sha256(encode(read(path, rank, known))).hexdigest() == known.sha256, path


@pytest.mark.parametrize("zipped", [False, True])
def test_a_known_set_is_read_by_its_hashes(tmp_path: Path, zipped: bool) -> None:
    """What is as it should be is read; a changed pixel is told by its hash, however well the file is formed."""
    write_set(tmp_path, zipped=zipped)
    known = with_known_content(tmp_path)
    assert len(from_idx(known, tmp_path, lambda _: None).train.labels) == TRAIN
    write_set(tmp_path, fill=1, zipped=zipped)
    with pytest.raises(DataError, match=r"SHA-256: expected \w+… of train-images-idx3-ubyte, unpacked, found \w{12}…"):
        from_idx(known, tmp_path, lambda _: None)


def test_a_set_known_by_its_packed_files_is_held_against_these(tmp_path: Path) -> None:
    """Where no hash of the unpacked bytes is known, that of the packed file decides, and its size before that."""
    write_set(tmp_path, zipped=True)
    known = with_known_content(tmp_path, packed_only=True)
    assert len(from_idx(known, tmp_path, lambda _: None).train.labels) == TRAIN
    path = tmp_path / f"{NAMES[0]}.gz"
    changed = bytearray(path.read_bytes())
    changed[4] ^= 1  # the time in gzip's header: the same comes out of it
    path.write_bytes(changed)
    with pytest.raises(DataError, match="SHA-256: expected "):
        from_idx(known, tmp_path, lambda _: None)
    path.write_bytes(changed + b"\0")
    with pytest.raises(DataError, match=r"size: expected \d+ bytes, found \d+"):
        from_idx(known, tmp_path, lambda _: None)
