"""A file opened with care: a pipe or a device in its place neither blocks nor flows without end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from cnnspec.diagnostics import UsageError

# Opening a pipe waits for its other end unless it is told not to. Windows has neither flag, and wants to hear of bytes.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path) -> BinaryIO:
    """The bytes of a regular file. Raises UsageError for anything else, and OSError.

    It is the open file that is looked at, so that nothing can take its place in between.
    """
    descriptor = os.open(path, FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(f"`{path}` is not a regular file")
    return open(descriptor, "rb")  # noqa: PTH123 - pathlib opens names, not descriptors
