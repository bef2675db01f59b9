"""Small files of CIFAR's binary version, written by its description."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from cnnspec.pytorch.data.known_sets import CifarSet, File

COUNT = 4


def encode(which: CifarSet, number: int) -> bytes:
    """Records of noise whose labels count upwards."""
    random = np.random.RandomState(number)
    images = random.randint(0, 256, (COUNT, 3072)).astype(np.uint8)
    labels = [(np.arange(COUNT) + number) % bound for bound in which.label_bounds]
    labels[:-1] = [coarse + 9 for coarse in labels[:-1]]  # another one than the label that counts
    return np.concatenate([np.stack(labels, 1).astype(np.uint8), images], 1).tobytes()


def write_set(which: CifarSet, folder: Path, packed: bool) -> CifarSet:
    """The files of a set, with four images each, unpacked or in their archive; and the set that they are."""
    contents = {file.name: encode(which, number) for number, file in enumerate((*which.train, *which.test))}
    files = {name: File(name, len(data), sha256(data).hexdigest()) for name, data in contents.items()}
    archive = archived(which, {"readme.html": b"<html>", **contents})
    if packed:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / which.archive.name).write_bytes(archive)
    else:
        (folder / which.folder).mkdir(parents=True)
        for name, data in contents.items():
            (folder / which.folder / name).write_bytes(data)
    return replace(
        which,
        train=tuple(files[file.name] for file in which.train),
        test=tuple(files[file.name] for file in which.test),
        archive=File(which.archive.name, len(archive), sha256(archive).hexdigest()),
    )


def archived(which: CifarSet, contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in contents.items():
            member = tarfile.TarInfo(f"{which.folder}/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
