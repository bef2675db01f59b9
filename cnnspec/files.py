"""Files that are written whole or not at all, with failures of the disk as OutputError."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnspec.diagnostics import OutputError


def write(path: Path, data: bytes) -> None:
    """The file, whole or not at all. Raises OutputError, and leaves what was there."""
    beside = path.with_name(f"{path.name}.part")
    with writing(path):
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def put(path: Path, data: bytes) -> None:
    """The same for a path that a user names: a link's file is written, a device or a pipe takes it as it comes."""
    if path.exists() and not path.is_file():
        with writing(path):
            path.write_bytes(data)
        return
    write(path.resolve() if path.is_symlink() else path, data)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Failures of the disk as OutputError, naming the path."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None
