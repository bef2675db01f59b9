"""What stands in the place of images and class folders: links to nothing, in a circle or to folders, devices, pipes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cnnspec.engine.diagnostics import DataError, listing
from cnnspec.pytorch.data.image import ENDINGS

MOST_NAMED = 3
HELP = "remove them, or put the images themselves there"


def require_regular(folder: Path) -> None:
    """Refuse a class folder in which anything that can be meant as images is neither file nor folder.

    Raises DataError, which names some of what is wrong.
    """
    _refuse([words for place, inner, names in os.walk(folder) for words in _irregular(place, inner, names)])


def require_leading(folder: Path) -> None:
    """Refuse a folder of class folders of which one is a link that leads nowhere. Raises DataError."""
    _refuse([words for path in sorted(folder.iterdir()) if _is_meant(path) and (words := _dead(path))])


def _refuse(found: list[str]) -> None:
    if found:
        more = [f"{len(found) - MOST_NAMED:,} more"] if len(found) > MOST_NAMED else []
        raise DataError(listing([*found[:MOST_NAMED], *more]), HELP)


def _irregular(place: str, inner: list[str], names: list[str]) -> Iterator[str]:
    """What is wrong with the entries of one folder; hidden folders are not entered."""
    inner[:] = sorted(name for name in inner if not name.startswith("."))
    for path in (Path(place, name) for name in inner):
        if path.is_symlink():
            yield f"{path} is a link to a folder, which is not followed"
    for path in (Path(place, name) for name in sorted(names)):
        if _is_meant(path) and (words := _dead(path) or _special(path)):
            yield words


def _is_meant(path: Path) -> bool:
    """Whether an entry can be meant as an image, or as a folder of images."""
    return not path.name.startswith(".") and path.suffix.lower() in (*ENDINGS, "")


def _dead(path: Path) -> str:
    """Why a link leads to nothing that can be opened; empty for everything else."""
    if not path.is_symlink():
        return ""
    try:
        path.stat()
    except FileNotFoundError:
        return f"{path} is a link to nothing"
    except OSError as error:
        return f"{path} is a link that cannot be followed: {error.strerror}"
    return ""


def _special(path: Path) -> str:
    """What an entry with the name of an image is that is no file: a device, a pipe, a socket."""
    mode = path.stat().st_mode
    return "" if not path.suffix or stat.S_ISREG(mode) else f"{path} is not a regular file"
