"""Small IDX files, written by the format's description."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

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
