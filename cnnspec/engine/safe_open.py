"""The one place that opens files to read: regular files only, and never more than a stated number of bytes.

    open_regular   path ──open without waiting──► look at what is open ──► a file
    read_bounded   path ──► at most so many bytes, or a refusal
    read_inside    the same for a file of a run or sweep folder: no link is followed, and errors are CheckpointError

A pipe or a device in the place of a file neither blocks nor flows without end. Most folders come from strangers.
"""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path

from cnnspec.engine.diagnostics import CheckpointError, UsageError

# Opening a pipe waits for its other end without O_NONBLOCK. Windows has none of these flags but O_BINARY.
SAFE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has no such flag: `is_symlink` is asked first everywhere
CHUNK = 2**20
MOST_RECORD = 2**24  # bytes of settings.json, result.json, chosen.json, of the record of a point, of a report's list
MOST_ROWS = 2**26  # bytes of metrics.jsonl and of sweep.json: 100,000 epochs or points, of 600 bytes each


def open_regular(path: Path, *, follow: bool = True) -> BufferedReader:
    """Open a regular file to read its bytes. The open file is checked, so nothing can take its place in between.

    Args:
        path: The file.
        follow: Whether a link at the path is followed; folders on the way may be links.

    Raises:
        UsageError: It is no regular file, or a link that is not followed.
        OSError: It cannot be opened.
    """
    if not follow and path.is_symlink():
        raise UsageError(f"`{path}` is a link, and links are not followed here")
    descriptor = os.open(path, os.O_RDONLY | SAFE | (0 if follow else NO_LINK))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(f"`{path}` is not a regular file")
    return open(descriptor, "rb")  # noqa: PTH123 - pathlib opens names, not descriptors


def read_bounded(path: Path, most: int, *, follow: bool = True) -> bytes:
    """Return all bytes of a regular file. Memory grows with what arrives, to ``most`` bytes at most.

    Raises:
        UsageError: It is no regular file, a link that is not followed, or larger than ``most``.
        OSError: It cannot be read.
    """
    data = bytearray()
    with open_regular(path, follow=follow) as file:
        while len(data) <= most and (chunk := file.read(min(CHUNK, most + 1 - len(data)))):
            data += chunk
    if len(data) > most:
        raise UsageError(f"`{path}` has more than {most:,} bytes")
    return bytes(data)


def read_inside(path: Path, most: int) -> bytes:
    """Return the bytes of a file of a run or sweep folder.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It cannot be read, is too large, a link, or no regular file.
    """
    try:
        return read_bounded(path, most, follow=False)
    except FileNotFoundError:
        raise
    except UsageError as error:
        raise CheckpointError(
            error.message, "a run or sweep folder may contain only regular files of the usual size"
        ) from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from None
