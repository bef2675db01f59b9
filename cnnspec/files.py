"""Files and folders that are written whole or not at all, with failures of the disk as OutputError.

    write      data ──► NAME.part, fsync ──rename──► NAME, fsync of the folder
    publish    files ──► FOLDER.part/, fsync of each ──rename──► FOLDER, fsync of the folder around it
    withdraw   FOLDER ──rename──► FOLDER.part ──► gone

Whatever ends in the middle, a kill or a cut of the power included, leaves names without `.part` that are whole.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from cnnspec.diagnostics import OutputError

PART = ".part"  # behind the name of what is not whole
NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)  # no such call, or a folder that may not be listed


def write(path: Path, data: bytes) -> None:
    """The file, whole or not at all. Raises OutputError, and leaves what was there."""
    beside = part(path)
    with writing(path):
        try:
            _write_through(beside, data)
            beside.replace(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def mistake(error: ValidationError) -> str:
    """The first thing that a file of JSON was to hold and does not: ``training.epochs: Input should be …``."""
    first = error.errors(include_url=False)[0]
    field, reason = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    return f"{field}: {reason}" if field else reason


def put(path: Path, data: bytes) -> None:
    """The same for a path that a user names: a link's file is written, a device or a pipe takes it as it comes."""
    if path.exists() and not path.is_file():
        with writing(path):
            path.write_bytes(data)
        return
    write(path.resolve() if path.is_symlink() else path, data)


def publish(folder: Path, files: Mapping[str, bytes]) -> None:
    """A folder of files that was not there, whole or not at all. Raises OutputError."""
    beside = part(folder)
    with writing(folder):
        try:
            beside.mkdir()
            for name, data in files.items():
                _write_through(beside / name, data)
            _sync_folder(beside)
            beside.rename(folder)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        _sync_folder(folder.parent)


def withdraw(folder: Path) -> None:
    """Take a folder away: no half of it is ever seen under its name. Raises OutputError."""
    beside = part(folder)
    with writing(folder):
        folder.rename(beside)
        shutil.rmtree(beside)


def sweep(folder: Path) -> None:
    """Remove what others have left of parts in a folder, where it can be removed. Only its one writer may do so."""
    for left in folder.glob(f"*{PART}"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            with suppress(OSError):
                left.unlink()


def make_folder(folder: Path) -> None:
    """A folder and those above it, where they are not there. Raises OutputError."""
    with writing(folder):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)


def part(path: Path) -> Path:
    """Where a file or a folder is until it is whole."""
    return path.with_name(path.name + PART)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Failures of the disk as OutputError, naming the path."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None


def _write_through(path: Path, data: bytes) -> None:
    """All of the data, on the disk and not merely on its way there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Names that were moved are on the disk, where the file system knows such a thing for folders."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NOT_FOR_FOLDERS:
            raise
