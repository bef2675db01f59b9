"""The IDX files that MNIST and its kin come in, gzipped or not.

    00 00 │ type │ rank │ size, one big-endian uint32 a dimension │ data …

Every field is checked before it is used: a file that is read without complaint is exactly as long as it says.
Source: https://web.archive.org/web/2016/http://yann.lecun.com/exdb/mnist/
"""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from cnnspec.diagnostics import DataError

UNSIGNED_BYTE = 0x08
GZIP = b"\x1f\x8b"
MAX_BYTES = 2**31  # what a header may claim: ten times the largest set of this kind (EMNIST by class)
CHUNK = 2**20
HELP = "the file is damaged or of another kind: fetch it again"


def read_pair(images: Path, labels: Path, classes: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images N×H×W and labels N that belong together. Raises DataError."""
    pixels, targets = read(images, 3), read(labels, 1)
    if len(pixels) != len(targets):
        raise _error(labels, "number of labels", f"{len(pixels):,}, one for each image in {images.name}", len(targets))
    if targets.max() >= classes:
        at = int(np.argmax(targets >= classes))
        raise _error(labels, f"label {at:,}", f"between 0 and {classes - 1}", targets[at])
    return pixels, targets


def read(path: Path, rank: int) -> NDArray[np.uint8]:
    """The array of unsigned bytes that a file holds, of ``rank`` dimensions.

    Raises DataError, which names the file, the field, what was expected and what was found.
    """
    try:
        with _open(path) as file:
            return _parse(path, file, rank)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: gzip data: {error}", HELP) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


def _open(path: Path) -> IO[bytes]:
    """By what the file holds, not by what it is called."""
    with path.open("rb") as file:
        zipped = file.read(2) == GZIP
    return cast(IO[bytes], gzip.open(path, "rb")) if zipped else path.open("rb")


def _parse(path: Path, file: IO[bytes], rank: int) -> NDArray[np.uint8]:
    magic = _take(path, file, 4, "header")
    if magic[:2] != b"\0\0":
        raise _error(path, "magic number", "0x0000", f"0x{magic[:2].hex()}")
    if magic[2] != UNSIGNED_BYTE:
        raise _error(path, "type", f"0x{UNSIGNED_BYTE:02x} (unsigned byte)", f"0x{magic[2]:02x}")
    if magic[3] != rank:
        raise _error(path, "number of dimensions", rank, magic[3])
    shape = struct.unpack(f">{rank}I", _take(path, file, 4 * rank, "sizes"))
    if not 0 < prod(shape) <= MAX_BYTES:
        raise _error(path, "size", f"between 1 and {MAX_BYTES:,} bytes", "×".join(map(str, shape)))
    data = _take(path, file, prod(shape), "data")
    if file.read(1):
        raise _error(path, "data", f"{prod(shape):,} bytes", "more")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _take(path: Path, file: IO[bytes], size: int, field: str) -> bytearray:
    """Exactly ``size`` bytes, with no more memory taken than bytes arrive."""
    data = bytearray()
    while len(data) < size and (chunk := file.read(min(CHUNK, size - len(data)))):
        data += chunk
    if len(data) < size:
        raise _error(path, field, f"{size:,} bytes", f"{len(data):,}")
    return data


def _error(path: Path, field: str, expected: object, found: object) -> DataError:
    return DataError(f"{path}: {field}: expected {expected}, found {found}", HELP)
