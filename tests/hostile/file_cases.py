"""Files that are none, are too large, or lie about their names."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.case import HEAD

GIGABYTES = 5


@dataclass(frozen=True)
class FileCase:
    """What to check in an empty folder, the exit code that it ends with, and words that are said."""

    name: str
    make: Callable[[Path], str]
    exit_code: int
    says: str


def fifo(folder: Path) -> str:
    os.mkfifo(folder / "pipe.yaml")
    return str(folder / "pipe.yaml")


def sparse(folder: Path) -> str:
    with (folder / "large.yaml").open("wb") as file:
        file.truncate(GIGABYTES * 1024**3)
    return str(folder / "large.yaml")


def link(target: str) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / "link.yaml").symlink_to(target)
        return str(folder / "link.yaml")

    return make


def folder_of_that_name(folder: Path) -> str:
    (folder / "a.yaml").mkdir()
    return str(folder / "a.yaml")


def named(name: str, text: str = f"{HEAD}layers: [Xelu]\n") -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / name).write_text(text)
        return str(folder / name)

    return make


FILES = (
    FileCase("a pipe that nobody writes to", fifo, 2, "is not a regular file"),
    FileCase("a link to /dev/zero", link("/dev/zero"), 2, "is not a regular file"),
    FileCase("a link to /dev/null", link("/dev/null"), 2, "is not a regular file"),
    FileCase("a sparse file of 5 GB", sparse, 3, "too-large"),
    FileCase("a folder called a.yaml", folder_of_that_name, 2, "folder"),
    FileCase("a link to nothing", link("nowhere.yaml"), 2, "there is no file"),
    FileCase("a link to itself", link("link.yaml"), 7, "cannot be read"),
    FileCase("a link to the memory of the process", link("/proc/self/mem"), 3, "outside-folder"),
    FileCase("a path of 3,000 folders", lambda folder: "a/" * 3000 + "b.yaml", 7, "cannot be read"),
    FileCase("a name of a thousand letters", lambda folder: "a" * 1000, 2, "is not a name or a path"),
    FileCase("a name that climbs out", lambda folder: "mnist/../../pyproject", 2, "no spec is called"),
    FileCase("an absolute name", lambda folder: "/mnist/lenet", 2, "no spec is called"),
    FileCase("a file name with a terminal escape", named("\x1b[31mx.yaml"), 3, "unknown-layer"),
    FileCase("a file name with a bidi control", named("\u202elmay.yaml"), 3, "unknown-layer"),
    FileCase("a file name with rich markup", named("[red]x.yaml"), 3, "unknown-layer"),
    FileCase("a file name that is not UTF-8", named(os.fsdecode(b"\xff.yaml")), 3, "unknown-layer"),
    FileCase("a sound file whose name has an escape", named("\x1b[31m.yaml", f"{HEAD}layers: [ReLU]\n"), 0, "OK"),
)
