"""A file from one of its mirrors: into a temporary file, hashed while it arrives, moved to its place when it is whole.

    url ──at most as many bytes as are known──► a temporary file ──size, SHA-256──fsync──► FOLDER/NAME

What is in its place is therefore always the whole file; whatever goes wrong leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cnnspec.data.known import File
from cnnspec.files import Put, make_folder, replacing

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
