"""Where the files of a data set are: found in a folder, or downloaded into one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cnnspec.engine.diagnostics import DataError, listing
from cnnspec.engine.files import Put, make_folder, replacing
from cnnspec.pytorch.data.known_sets import CifarSet, File, IdxSet, KnownSet

# A file from one of its mirrors: into a temporary file, hashed while it arrives, moved to its place when it is whole.
#
#     url ──at most as many bytes as are known──► a temporary file ──size, SHA-256──fsync──► FOLDER/NAME
#
# What is in its place is therefore always the whole file; whatever goes wrong leaves nothing behind.

TIMEOUT = 30.0  # seconds without a byte
CHUNK = 2**18
AGENT = "cnnspec"  # some servers refuse Python's own


class DownloadError(Exception):
    """Why no mirror gave the file."""


def download(urls: Sequence[str], file: File, folder: Path) -> Path:
    """The file in a folder, from the first mirror that has it whole.

    Raises DownloadError, which says what each mirror did, and OutputError.
    """
    path = folder / file.name
    make_folder(folder)
    failures = []
    for url in urls:
        try:
            with replacing(path) as put:
                _fetch(url, file, put)
        except DownloadError as error:
            failures.append(f"{urlsplit(url).netloc}: {error}")
        else:
            return path
    raise DownloadError("; ".join(failures))


def _fetch(url: str, file: File, put: Put) -> None:
    """Write the bytes of a url, and compare them with what is known. Raises DownloadError."""
    hash, size = sha256(), 0
    for chunk in _chunks(url):
        size += len(chunk)
        if size > file.size:
            raise DownloadError(f"more than the {file.size:,} bytes of {file.name}")
        hash.update(chunk)
        put(chunk)
    if size < file.size:
        raise DownloadError(f"{size:,} of {file.size:,} bytes of {file.name}")
    if hash.hexdigest() != file.sha256:
        raise DownloadError(f"{file.name} has the SHA-256 {hash.hexdigest()[:12]}…, not {file.sha256[:12]}…")


def _chunks(url: str) -> Iterator[bytes]:
    """What a server sends, with all that a network can do as DownloadError."""
    request = Request(url, headers={"User-Agent": AGENT})  # noqa: S310 - the urls are ours
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            while chunk := answer.read(CHUNK):
                yield chunk
    except (OSError, HTTPException) as error:  # no network, no such file, a line that breaks
        reason = getattr(error, "reason", error)
        raise DownloadError(" ".join(str(getattr(reason, "strerror", None) or reason).split())) from None


VARIABLE = "CNNSPEC_DATA"
Note = Callable[[str], None]
Find = Callable[[Path], list[Path] | None]


def data_folder(stated: Path | None = None) -> Path:
    """The stated folder, else that of the variable CNNSPEC_DATA, else one in the user's cache."""
    if stated is not None:
        return stated.expanduser()
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cnnspec"


def idx_files(which: IdxSet, base: Path, note: Note) -> list[Path]:
    """Paths of the four files in their order, downloaded where they are not there.

    Raises DataError, where they cannot be downloaded either.
    """
    return _files(which, base, note, lambda folder: idx_files_in(which, folder))


def cifar_place(which: CifarSet, base: Path, note: Note) -> Path:
    """The folder of the unpacked files, or else the archive, downloaded where neither is there. Raises DataError."""
    return _files(which, base, note, lambda folder: cifar_in(which, folder))[0]


def idx_files_in(which: IdxSet, folder: Path) -> list[Path] | None:
    """The four files, if a folder holds them all."""
    found = [path for file in which.files if (path := either(folder, file.name))]
    return found if len(found) == len(which.files) else None


def either(folder: Path, name: str) -> Path | None:
    """The unpacked file where there are both: it is read faster."""
    paths = (folder / name, folder / f"{name}.gz")
    return next((path for path in paths if path.is_file()), None)


def cifar_in(which: CifarSet, folder: Path) -> list[Path] | None:
    """The place of the files, if a folder holds them: unpacked, in their own folder, or in the archive."""
    for place in (folder, folder / which.folder):
        if all((place / file.name).is_file() for file in (*which.train, *which.test)):
            return [place]
    archive = folder / which.archive.name
    return [archive] if archive.is_file() else None


def _files(which: KnownSet, base: Path, note: Note, find: Find) -> list[Path]:
    found = _search(which, base, find)
    if found is None:
        _download(which, base, note)
        found = _search(which, base, find)
    if found is None:
        raise _missing(which, base, "the download left files out")
    note(f"{which.name} is read from {found[0] if len(found) == 1 else found[0].parent}")
    return found


def _search(which: KnownSet, base: Path, find: Find) -> list[Path] | None:
    """What is found in the first folder that holds a whole set."""
    return next((found for folder in which.folders(base) if (found := find(folder))), None)


def _download(which: KnownSet, base: Path, note: Note) -> None:
    """Fetch the files into the set's own folder below a data folder."""
    folder = base / which.name
    size = sum(file.size for file in which.downloads)
    note(f"{which.name} is not in {base}: downloading {size / 1e6:,.0f} MB into {folder}")
    try:
        for file in which.downloads:
            download([f"{mirror}{file.name}" for mirror in which.mirrors], file, folder)
    except DownloadError as error:
        raise _missing(which, base, str(error)) from None


def _missing(which: KnownSet, base: Path, reason: str) -> DataError:
    names = listing([file.name for file in which.downloads])
    places = listing([str(folder) for folder in which.folders(base)], "or")
    either = " (packed or not)" if isinstance(which, IdxSet) else " (as it is)"
    return DataError(
        f"{which.name} is not in {base} and could not be downloaded: {reason}",
        f"put {names}{either} into {places}, or name their folder with --data-dir or {VARIABLE}{_pickled(which, base)}",
    )


def _pickled(which: KnownSet, base: Path) -> str:
    """A word on the Python version of CIFAR, where it is there."""
    names = which.pickled if isinstance(which, CifarSet) else ()
    found = next((path for folder in which.folders(base) for name in names if (path := folder / name).exists()), None)
    return f"\n{found} holds pickles, which are programs, and is not read" if found else ""
