"""CIFAR's binary version: files of records, read from the archive that holds them or from the folder it unpacks to.

    label (of CIFAR-100: coarse label, label) │ 1,024 reds │ 1,024 greens │ 1,024 blues

The archive stays packed: its hash covers everything in it, and nothing of it is written anywhere. The Python version
of the same images is pickles, which are programs; it is not read.
Source: https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnnspec.engine.safe_open import open_regular
from cnnspec.pytorch.data.faults import check_file, check_hash, check_labels, reading, wrong
from cnnspec.pytorch.data.known_sets import IMAGE, CifarSet, File

Array = NDArray[np.uint8]


def read(which: CifarSet, place: Path) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Images N×3×32×32 and labels N to train on, and to test on, from the archive or the folder of its files.

    Raises DataError, which names the file, the field, what was expected and what was found.
    """
    found = contents(which, place)
    return _joined(which, which.train, place, found), _joined(which, which.test, place, found)


def contents(which: CifarSet, place: Path) -> dict[str, bytes]:
    """The bytes of the files by their names, as far as they are there: not yet checked. Raises DataError."""
    return _unpacked(which, place) if place.is_dir() else _archived(which, place)


def _unpacked(which: CifarSet, folder: Path) -> dict[str, bytes]:
    found = {}
    for file in (*which.train, *which.test):
        path = folder / file.name
        if path.exists():
            with reading(path), open_regular(path) as opened:
                found[file.name] = opened.read(file.size + 1)  # one more than it should have tells that there is more
    return found


def _archived(which: CifarSet, archive: Path) -> dict[str, bytes]:
    wanted = {f"{which.folder}/{file.name}": file for file in (*which.train, *which.test)}
    found = {}
    with reading(archive):
        check_file(archive, which.archive)  # before a byte of it is unpacked
        with open_regular(archive) as packed, tarfile.open(fileobj=packed, mode="r|gz") as tar:
            for member in tar:
                file, opened = wanted.get(member.name), tar.extractfile(member)
                if file and opened:
                    found[file.name] = opened.read(file.size + 1)
    return found


def _joined(which: CifarSet, files: Sequence[File], place: Path, found: Mapping[str, bytes]) -> tuple[Array, Array]:
    parts = [records(file, place / file.name, found.get(file.name), which.label_bounds) for file in files]
    return np.concatenate([images for images, _ in parts]), np.concatenate([labels for _, labels in parts])


def records(file: File, path: Path, data: bytes | None, bounds: Sequence[int]) -> tuple[Array, Array]:
    """Images and labels of a file; ``bounds`` says how many labels a record has, and how many classes each of them.

    Raises DataError.
    """
    if data is None:
        raise wrong(path, "file", "one of this name", "none")
    length = len(bounds) + IMAGE
    if len(data) != file.size:
        expected = f"{file.size:,} bytes ({file.size // length:,} records of {length:,})"
        raise wrong(path, "size", expected, f"{len(data):,}" if len(data) < file.size else "more")
    table = np.frombuffer(data, np.uint8).reshape(-1, length)
    for column, bound in enumerate(bounds):
        check_labels(path, table[:, column], bound)
    check_hash(path, file.sha256, sha256(data).hexdigest(), file.name)
    return table[:, len(bounds) :].reshape(-1, 3, 32, 32), table[:, len(bounds) - 1]
