"""Where the four IDX files of a data set are: found in a folder, or downloaded into one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnnspec.diagnostics import DataError, OutputError, listing

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
VARIABLE = "CNNSPEC_DATA"
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class IdxSet:
    """A data set that comes as four IDX files, by the name of torchvision's class for it."""

    name: str
    torchvision: str
    classes: int = 10

    def folders(self, base: Path) -> tuple[Path, ...]:
        """Where its files may lie below a data folder, in the order in which to look."""
        return (base, base / self.name, base / self.torchvision / "raw")


MNIST = IdxSet("mnist", "MNIST")
FASHION_MNIST = IdxSet("fashion-mnist", "FashionMNIST")


def data_folder(stated: Path | None = None) -> Path:
    """The stated folder, else that of the variable CNNSPEC_DATA, else one in the user's cache."""
    if stated is not None:
        return stated.expanduser()
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cnnspec"


def files_of(idx: IdxSet, base: Path, note: Note) -> list[Path]:
    """Paths of the four files in the order of FILES, downloaded where they are not there.

    Raises DataError, where they cannot be downloaded either.
    """
    found = _found(idx, base)
    if found is None:
        note(f"{idx.name} is not in {base}: downloading it there")
        _download(idx, base)
        found = _found(idx, base)
    if found is None:
        raise _missing(idx, base, "the download left files out")
    note(f"{idx.name} is read from {found[0].parent}")
    return found


def _found(idx: IdxSet, base: Path) -> list[Path] | None:
    """The files in the first folder that holds all four."""
    for folder in idx.folders(base):
        found = [path for name in FILES if (path := _either(folder / name, folder / f"{name}.gz"))]
        if len(found) == len(FILES):
            return found
    return None


def _either(plain: Path, zipped: Path) -> Path | None:
    """The unzipped file where there are both: it is read faster."""
    return next((path for path in (plain, zipped) if path.is_file()), None)


def _download(idx: IdxSet, base: Path) -> None:
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the data folder {base} cannot be made: {error.strerror}") from None
    import torchvision  # a second to import, and needed here only

    try:
        getattr(torchvision.datasets, idx.torchvision)(str(base), download=True)
    except (OSError, RuntimeError) as error:  # no network, no such mirror, a wrong hash
        raise _missing(idx, base, " ".join(str(error).split())) from None


def _missing(idx: IdxSet, base: Path, reason: str) -> DataError:
    names = listing([f"{name}.gz" for name in FILES])
    places = listing([str(folder) for folder in idx.folders(base)], "or")
    return DataError(
        f"{idx.name} is not in {base} and could not be downloaded: {reason}",
        f"put {names} (gzipped or not) into {places}, or name their folder with --data-dir or {VARIABLE}",
    )
