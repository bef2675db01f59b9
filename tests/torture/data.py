"""Damaged files of data: none may be read, unless its decoded bytes are those of the whole file.

Small sets stand in for MNIST: known by the SHA-256 of the unpacked bytes, plain and gzipped; known by that of the
packed file alone; known by nothing, gzipped, where gzip's own checksum has to find it; CIFAR-10's archive and files.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cnnspec import DataError
from cnnspec.pytorch.data.dataset import Dataset, InMemory
from cnnspec.pytorch.data.known_sets import CIFAR10
from cnnspec.pytorch.data.load import from_cifar, from_idx
from tests.data import cifar_files, idx_files

Random = np.random.RandomState
Load = Callable[[], Dataset]


def flip_bit(data: bytearray, random: Random) -> None:
    data[random.randint(len(data))] ^= 1 << random.randint(8)


def set_byte(data: bytearray, random: Random) -> None:
    data[random.randint(len(data))] = random.randint(256)


def in_the_header(data: bytearray, random: Random) -> None:
    data[random.randint(min(16, len(data)))] = random.randint(256)


def cut_off(data: bytearray, random: Random) -> None:
    del data[random.randint(len(data)) :]


def leave_out(data: bytearray, random: Random) -> None:
    start = random.randint(len(data))
    del data[start : start + random.randint(1, 20)]


def put_in(data: bytearray, random: Random) -> None:
    start = random.randint(len(data))
    data[start:start] = random.bytes(random.randint(1, 20))


def append(data: bytearray, random: Random) -> None:
    data += random.bytes(random.randint(1, 20)) if random.rand() < 0.5 else bytes(random.randint(1, 20))


def exchange(data: bytearray, random: Random) -> None:
    """Two stretches of equal length in each other's place."""
    length = random.randint(1, max(len(data) // 4, 2))
    one, two = random.randint(len(data) - length), random.randint(len(data) - length)
    first, second = bytes(data[one : one + length]), bytes(data[two : two + length])
    data[one : one + length], data[two : two + length] = second, first


def repeat(data: bytearray, random: Random) -> None:
    """The whole file twice, as some downloads that are taken up again leave it."""
    data += bytes(data)


DAMAGES = (flip_bit, set_byte, in_the_header, cut_off, leave_out, put_in, append, exchange, repeat)


def inside_gzip(data: bytearray, random: Random) -> None:
    """Another damage, to the unpacked bytes: the gzip around them is whole."""
    content = bytearray(gzip.decompress(bytes(data)))
    DAMAGES[random.randint(len(DAMAGES))](content, random)
    data[:] = gzip.compress(bytes(content), random.randint(10), mtime=0)


@dataclass
class Figures:
    """Of so many damaged files: refused, read with the same content, and read with another content."""

    files: int = 0
    refused: int = 0
    equal: int = 0
    accepted: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def torture(name: str, paths: list[Path], load: Load, files: int, seed: int, *, zipped: bool) -> Figures:
    """Damage the files one after the other, and put each back."""
    whole = content(load())
    figures, random = Figures(), Random(seed)
    damages = (*DAMAGES, inside_gzip, inside_gzip) if zipped else DAMAGES
    for number in range(files):
        path, damage = paths[number % len(paths)], damages[random.randint(len(damages))]
        before = path.read_bytes()
        data = bytearray(before)
        damage(data, random)
        path.write_bytes(data)
        figures.files += 1
        try:
            same = content(load()) == whole
        except DataError as error:
            figures.refused += 1
            figures.reasons[reason(error, path)] += 1
        else:
            figures.equal += same
            if not same:
                figures.accepted.append(f"{name}: {damage.__name__} of {path.name}, file {number}")
        path.write_bytes(before)
    return figures


def content(data: Dataset) -> bytes:
    parts = (data.train, data.test)
    assert all(isinstance(part, InMemory) for part in parts)
    return b"".join(part.images.numpy().tobytes() + part.labels.numpy().tobytes() for part in parts)


def reason(error: DataError, path: Path) -> str:
    """The field that a message names."""
    words = error.message.partition(f"{path.name}: ")[2] or error.message
    return re.sub(r" [\d,]+$", "", words.partition(":")[0])


def kinds(base: Path) -> dict[str, tuple[list[Path], Load, bool]]:
    """The sets by what they are: files to damage, how they are read, whether they are gzipped."""

    def idx(name: str, zipped: bool, packed_only: bool = False) -> tuple[list[Path], Load, bool]:
        place = base / name
        idx_files.write_set(place, zipped=zipped)
        which = idx_files.with_known_content(place, packed_only=packed_only)
        return sorted(place.iterdir()), lambda: from_idx(which, place, silent), zipped

    def unknown(name: str) -> tuple[list[Path], Load, bool]:
        place = base / name
        idx_files.write_set(place, zipped=True)
        return sorted(place.iterdir()), lambda: from_idx(idx_files.of_no_known_content(), place, silent), False

    def cifar(name: str, packed: bool) -> tuple[list[Path], Load, bool]:
        place = base / name
        which = cifar_files.write_set(CIFAR10, place, packed)
        return [p for p in sorted(place.rglob("*")) if p.is_file()], lambda: from_cifar(which, place, silent), packed

    return {
        "idx, known": idx("plain", zipped=False),
        "idx.gz, known unpacked": idx("zipped", zipped=True),
        "idx.gz, known packed": idx("packed", zipped=True, packed_only=True),
        "idx.gz, unknown": unknown("unknown"),
        "cifar files": cifar("files", packed=False),
        "cifar archive": cifar("archive", packed=True),
    }


def silent(text: str) -> None:
    """Hears nothing."""


def run(files: int, seed: int = 0) -> dict[str, Figures]:
    """The figures of each kind of set, of so many damaged files each."""
    with TemporaryDirectory() as base:
        return {
            name: torture(name, paths, load, files, seed, zipped=zipped)
            for name, (paths, load, zipped) in kinds(Path(base)).items()
        }
