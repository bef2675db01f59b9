"""What is wrong with a file of data, said in one form: ``PATH: FIELD: expected THIS, found THAT``."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from cnnspec.engine.diagnostics import DataError, UsageError
from cnnspec.engine.safe_open import open_regular
from cnnspec.pytorch.data.known_sets import File

HELP = "the file is damaged or of another kind: fetch it again"


def wrong(path: Path | str, field: str, expected: object, found: object) -> DataError:
    return DataError(f"{path}: {field}: expected {expected}, found {found}", HELP)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What gzip, tar and the operating system say of a file, as DataError."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: gzip data: {error}", HELP) from None
    except tarfile.TarError as error:
        raise DataError(f"{path}: archive: {error}", HELP) from None
    except UsageError as error:  # a folder, a pipe
        raise DataError(error.message) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


class Hashed:
    """A file whose bytes are hashed while they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = sha256()

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self._hash.update(chunk)
        return chunk

    @property
    def digest(self) -> str:
        """The SHA-256 of what was read so far."""
        return self._hash.hexdigest()


def check_file(path: Path, known: File) -> None:
    """Compare a file as it lies there with what is known of it. Raises DataError."""
    size = path.stat().st_size
    if size != known.size:
        raise wrong(path, "size", f"{known.size:,} bytes", f"{size:,}")
    with open_regular(path) as file:
        check_hash(path, known.sha256, file_digest(file, "sha256").hexdigest(), known.name)


def check_hash(path: Path | str, expected: str, found: str, whose: str) -> None:
    if found != expected:
        raise wrong(path, "SHA-256", f"{expected[:12]}… of {whose}", f"{found[:12]}…")


def check_labels(path: Path | str, labels: NDArray[np.uint8], classes: int) -> None:
    """Refuse a label that names no class."""
    if labels.max() >= classes:
        at = int(np.argmax(labels >= classes))
        raise wrong(path, f"label {at:,}", f"between 0 and {classes - 1}", labels[at])
