"""The IDX files that MNIST and its kin come in, gzipped or not.

    00 00 │ type │ rank │ size, one big-endian uint32 a dimension │ data …

Every field is checked before it is used: a file that is read without complaint is exactly as long as it says, and of a
known data set it holds exactly what it should.
Source: https://web.archive.org/web/2016/http://yann.lecun.com/exdb/mnist/
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from cnnspec.engine.safe_open import open_regular
from cnnspec.pytorch.data.faults import Hashed, check_file, check_hash, check_labels, reading, wrong
from cnnspec.pytorch.data.known_sets import IdxFile

UNSIGNED_BYTE = 0x08
GZIP = b"\x1f\x8b"
MAX_BYTES = 2**31  # what a header may claim: ten times the largest set of this kind (EMNIST by class)
CHUNK = 2**20


Array = NDArray[np.uint8]


def read_pair(images: Path, labels: Path, known: tuple[IdxFile, IdxFile], classes: int) -> tuple[Array, Array]:
    """Images N×H×W and labels N that belong together. Raises DataError."""
    pixels, targets = read(images, 3, known[0]), read(labels, 1, known[1])
    check_pair(pixels, targets, images.name, labels, classes)
    return pixels, targets


def check_pair(images: Array, labels: Array, whose: str, path: Path, classes: int) -> None:
    """Refuse labels that are not one for each image of ``whose`` file, or name no class. Raises DataError."""
    if len(images) != len(labels):
        expected = f"{len(images):,}, one for each image in {whose}"
        raise wrong(path, "number of labels", expected, f"{len(labels):,}")
    check_labels(path, labels, classes)


def read(path: Path, rank: int, known: IdxFile) -> Array:
    """The array of unsigned bytes that a file holds, of ``rank`` dimensions.

    Raises DataError, which names the file, the field, what was expected and what was found.
    """
    with reading(path), _open(path) as (file, zipped):
        if zipped and known.packed and not known.sha256:
            check_file(path, known.packed)
        content = Hashed(file)
        array = _parse(path, content, rank)
    if known.sha256:
        check_hash(path, known.sha256, content.digest, f"{known.name}, unpacked")
    return array


@contextmanager
def _open(path: Path) -> Iterator[tuple[IO[bytes], bool]]:
    """The unpacked bytes, and whether they were packed: by what the file holds, not by what it is called."""
    with open_regular(path) as file:
        zipped = file.read(2) == GZIP
        file.seek(0)
        yield cast(IO[bytes], gzip.GzipFile(fileobj=file)) if zipped else file, zipped


def _parse(path: Path, file: Hashed, rank: int) -> Array:
    magic = _take(path, file, 4, "header")
    if magic[:2] != b"\0\0":
        raise wrong(path, "magic number", "0x0000", f"0x{magic[:2].hex()}")
    if magic[2] != UNSIGNED_BYTE:
        raise wrong(path, "type", f"0x{UNSIGNED_BYTE:02x} (unsigned byte)", f"0x{magic[2]:02x}")
    if magic[3] != rank:
        raise wrong(path, "number of dimensions", rank, magic[3])
    shape = struct.unpack(f">{rank}I", _take(path, file, 4 * rank, "sizes"))
    if not 0 < prod(shape) <= MAX_BYTES:
        raise wrong(path, "size", f"between 1 and {MAX_BYTES:,} bytes", "×".join(map(str, shape)))
    data = _take(path, file, prod(shape), "data")
    if file.read(1):
        raise wrong(path, "data", f"{prod(shape):,} bytes", "more")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _take(path: Path, file: Hashed, size: int, field: str) -> bytearray:
    """Exactly ``size`` bytes, with no more memory taken than bytes arrive."""
    data = bytearray()
    while len(data) < size and (chunk := file.read(min(CHUNK, size - len(data)))):
        data += chunk
    if len(data) < size:
        raise wrong(path, field, f"{size:,} bytes", f"{len(data):,}")
    return data
