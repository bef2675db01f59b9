"""The one place that writes files and folders: whole or not at all, and never through a link.

    write      data ──► .cnnspec-TOKEN.part, fsync ──rename──► NAME, fsync of the folder
    publish    files ──► .cnnspec-TOKEN.part/, fsync of each ──rename──► FOLDER, fsync of the folder around it
    withdraw   FOLDER ──rename──► .cnnspec-TOKEN.part ──► gone
    open_own   a lock or a log, written in its place

Temporary names come from `secrets` and are created exclusively: nobody can put a link there beforehand. A rename
replaces a link at NAME, and not the file that the link leads to. Whatever ends in the middle, a kill or a power cut
included, leaves every other name whole. Failures of the disk are OutputError.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from cnnspec.engine.diagnostics import OutputError
from cnnspec.engine.safe_open import NO_LINK, SAFE

TEMPORARY = re.compile(r"\.cnnspec-[0-9a-f]{16}\.part")  # a file or folder that is not whole yet
STREAM = re.compile(r"/dev/(?P<name>stdout|stderr)|/(?:dev|proc/self)/fd/(?P<number>\d{1,9})")
NUMBERS = {"stdout": 1, "stderr": 2}
NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)  # no such call, or a folder that may not be listed
Put = Callable[[bytes], None]


def write(path: Path, data: bytes) -> None:
    """Write a file whole, or leave what was there. Raises OutputError."""
    with replacing(path) as put_bytes:
        put_bytes(data)


@contextmanager
def replacing(path: Path, like: os.stat_result | None = None) -> Iterator[Put]:
    """Yield a function that takes the bytes of a file in turn; the file gets its name at the end, once it is whole.

    A link at the path is replaced and not followed. An error leaves what was there, and nothing else.

    Args:
        path: The file.
        like: Whose owner and permissions it gets; by default those of any new file.

    Raises:
        OutputError: The disk is full, or the folder cannot be written.
    """
    temporary = _temporary(path.parent)
    with writing(path):
        try:
            descriptor = _created(temporary)
            try:
                yield lambda data: _write_all(descriptor, data)
                if like is not None:
                    _set_owner(descriptor, temporary, like)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def put(path: Path, data: bytes) -> None:
    """Write a file that the user names: as ``write`` does, and a device or a pipe takes the bytes as they come.

    `/dev/stdout` and the like are this process's own descriptors. Raises OutputError, for any other link as well.
    """
    stream = STREAM.fullmatch(str(path))
    if stream is not None:
        sys.stdout.flush()
        with writing(path):
            _write_all(NUMBERS[stream["name"]] if stream["name"] else int(stream["number"]), data)
        return
    refuse_link(path, named=True)
    with writing(path):
        is_file = not path.exists() or path.is_file()
    if is_file:
        write(path, data)
        return
    with writing(path):
        descriptor = os.open(path, os.O_WRONLY | NO_LINK | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0))
        try:
            _write_all(descriptor, data)
        finally:
            os.close(descriptor)


def publish(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a new folder of files, whole or not at all. Raises OutputError."""
    temporary = _temporary(folder.parent)
    with writing(folder):
        try:
            temporary.mkdir()
            for name, data in files.items():
                _write_through(temporary / name, data)
            _sync_folder(temporary)
            temporary.rename(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        _sync_folder(folder.parent)


def withdraw(folder: Path) -> None:
    """Remove a folder; no half of it is ever seen under its name. Raises OutputError."""
    temporary = _temporary(folder.parent)
    with writing(folder):
        folder.rename(temporary)
        if temporary.is_symlink():
            temporary.unlink()
        else:
            shutil.rmtree(temporary)


def sweep(folder: Path) -> None:
    """Remove temporary files and folders that a killed writer left, where possible. Only the one writer may do so."""
    with suppress(OSError):
        for left in [path for path in folder.iterdir() if TEMPORARY.fullmatch(path.name)]:
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                with suppress(OSError):
                    left.unlink()


def make_folder(folder: Path) -> None:
    """Create a folder that the user names, and those above it, where they are missing. Raises OutputError."""
    with writing(folder):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)


def make_own_folder(folder: Path) -> None:
    """Create a folder whose name is ours, inside one that may be a stranger's. Raises OutputError, also for a link."""
    refuse_link(folder)
    make_folder(folder)


def open_own(path: Path, flags: int) -> int:
    """Open a file that is written in its place, such as a lock or a log, and create it where it is missing.

    Args:
        path: The file, whose name is ours; the folder may be a stranger's.
        flags: How it is opened, such as ``os.O_RDWR``.

    Returns:
        A descriptor.

    Raises:
        OutputError: It is a link, has a second name (a hard link), is no regular file, or cannot be opened.
    """
    refuse_link(path)
    with writing(path):
        descriptor = os.open(path, flags | os.O_CREAT | NO_LINK | SAFE, 0o644)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(descriptor)
        what = "has another name as well (a hard link)" if stat.S_ISREG(found.st_mode) else "is not a regular file"
        raise OutputError(f"{path} {what}, and is not written", f"remove {path}")
    return descriptor


def refuse_link(path: Path, *, named: bool = False) -> None:
    """Raise OutputError where a path is a link: nothing is written through it. ``named`` is one that the user names."""
    with writing(path):
        is_link = path.is_symlink()
    if is_link:
        help = f"name the file itself: {os.path.realpath(path)}" if named else f"remove {path}"
        raise OutputError(f"{path} is a link, and nothing is written through it", help)


def mistake(error: ValidationError) -> str:
    """The first thing that is wrong with a file of JSON: ``training.epochs: Input should be …``."""
    first = error.errors(include_url=False)[0]
    field, reason = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    return f"{field}: {reason}" if field else reason


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Failures of the disk as OutputError, naming the path."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None


def _temporary(folder: Path) -> Path:
    """A name in a folder that nobody can guess. It is short: a name as long as the file system takes needs no more."""
    from secrets import token_hex  # only what writes pays for it

    return folder / f".cnnspec-{token_hex(8)}.part"


def _created(path: Path) -> int:
    """A descriptor of a new file. Raises OSError where there is anything under its name, a link included."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK | getattr(os, "O_BINARY", 0), 0o666)


def _write_through(path: Path, data: bytes) -> None:
    """Write a new file to the disk, and not merely on its way there."""
    descriptor = _created(path)
    try:
        _write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _set_owner(descriptor: int, path: Path, like: os.stat_result) -> None:
    """Give a file the owner and the permissions of another; Windows has neither call."""
    if hasattr(os, "fchown"):
        with suppress(PermissionError):  # only a superuser gives files away
            os.fchown(descriptor, like.st_uid, like.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
    else:
        path.chmod(stat.S_IMODE(like.st_mode))


def _sync_folder(folder: Path) -> None:
    """Write moved names to the disk, where the file system can do so for folders."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NOT_FOR_FOLDERS:
            raise
