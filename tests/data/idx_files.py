"""Small IDX files, written by the format's description."""

from __future__ import annotations

import gzip
import struct
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from cnnspec.pytorch.data.known_sets import MNIST, File, IdxFile, IdxSet

TRAIN, TEST = 12, 5


def encode(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_set(folder: Path, fill: int = 0, zipped: bool = False) -> None:
    """Four files of 12 training and 5 test images of 6×4; the first pixel of each is ``fill``, its label its number."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in (("train", TRAIN), ("t10k", TEST)):
        images = np.random.RandomState(count).randint(0, 256, (count, 6, 4)).astype(np.uint8)
        images[:, 0, 0] = fill
        labels = (np.arange(count) % 10).astype(np.uint8)
        for name, array in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", labels)):
            path = folder / (f"{name}.gz" if zipped else name)
            path.write_bytes(gzip.compress(encode(array)) if zipped else encode(array))


def of_no_known_content(which: IdxSet = MNIST) -> IdxSet:
    """A known set of whose files nothing but the names is known."""
    one, two, three, four = (IdxFile(file.name) for file in which.files)
    return replace(which, files=(one, two, three, four))


def with_known_content(folder: Path, which: IdxSet = MNIST, packed_only: bool = False) -> IdxSet:
    """The set that the files in a folder are: by the SHA-256 of their unpacked bytes, or of the packed files alone."""
    return replace(which, files=tuple(_known(folder, file.name, packed_only) for file in which.files))


def _known(folder: Path, name: str, packed_only: bool) -> IdxFile:
    plain, zipped = folder / name, folder / f"{name}.gz"
    packed = zipped.read_bytes() if zipped.exists() else None
    known = File(zipped.name, len(packed), sha256(packed).hexdigest()) if packed is not None else None
    content = plain.read_bytes() if packed is None else gzip.decompress(packed)
    return IdxFile(name, known, None if packed_only else sha256(content).hexdigest())
