"""Document ──► a folder. Nothing in it is overwritten but what a report wrote there before.

    DIR/
    ├── report.html     all in one file
    ├── report.md       the same for a repository, with the pictures beside it
    ├── NAME.png, NAME.svg
    └── report.json     the hash of each file, by which the next report knows that it is its own to replace

report.json is written before the files and after them: at first it knows the old ones as well, so that a report that
is cut off can be written again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from cnnspec import __version__
from cnnspec.diagnostics import UsageError
from cnnspec.files import make_folder, write, writing
from cnnspec.opening import MOST_RECORD, read_bounded
from cnnspec.report.blocks import Document
from cnnspec.report.charts.saved import Drawn
from cnnspec.report.html import page
from cnnspec.report.markdown import markdown

MOST_REPORT = 2**28  # bytes of a file that a report wrote
PAGE, TEXT, OWN = "report.html", "report.md", "report.json"
Hashes = Mapping[str, Sequence[str]]  # of each file, those that a report gave it


def files_of(document: Document) -> dict[str, bytes]:
    """All files of a report, the page first."""
    drawn = {picture.name: Drawn.of(picture) for picture in document.pictures}
    files = {PAGE: page(document, drawn).encode(), TEXT: markdown(document).encode()}
    for name, one in drawn.items():
        files |= {f"{name}.png": one.png, f"{name}.svg": one.svg.encode()}
    return files


def write_report(document: Document, folder: Path) -> list[Path]:
    """Write a report, and remove pictures of the last one that it no longer has.

    Raises UsageError where a file is in the way that no report wrote, OutputError.
    """
    require_free(folder)
    files = files_of(document)
    known = _known(folder)
    _require_own(folder, files, known)
    make_folder(folder)
    new = {name: [_hash(data)] for name, data in files.items()}
    both = {name: [*known.get(name, []), *new.get(name, [])] for name in {**known, **new}}
    _write_own(folder, both)
    for name, data in files.items():
        write(folder / name, data)
    for name in sorted(known.keys() - new.keys()):
        if _is_own(folder / name, known[name]):
            with writing(folder / name):
                (folder / name).unlink(missing_ok=True)
    _write_own(folder, new)
    return [folder / PAGE, folder / TEXT]


def require_free(folder: Path) -> None:
    """Raise UsageError where a report cannot go into a folder, before anything is drawn."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "name a folder with --out")


def _known(folder: Path) -> Hashes:
    """What the last report in a folder wrote; nothing where there is none, or its list cannot be read."""
    try:
        found = json.loads(read_bounded(folder / OWN, MOST_RECORD, follow=False))["files"]
        return {str(name): list(map(str, hashes)) for name, hashes in found.items() if Path(name).name == name}
    except (UsageError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _require_own(folder: Path, files: Mapping[str, bytes], known: Hashes) -> None:
    in_the_way = [name for name in files if not _is_own(folder / name, known.get(name, []))]
    if (folder / OWN).exists() and not known:
        in_the_way.append(OWN)
    if in_the_way:
        more = f" and {len(in_the_way) - 1} more" if len(in_the_way) > 1 else ""
        raise UsageError(
            f"{folder / in_the_way[0]}{more} is not as a report wrote it; nothing is overwritten",
            "name another folder with --out, or move it away",
        )


def _is_own(path: Path, hashes: Sequence[str]) -> bool:
    """Whether nothing would be lost with a file."""
    with writing(path):
        if not path.exists() and not path.is_symlink():
            return True
        with suppress(UsageError):  # a link, a pipe, or larger than any report
            return path.is_file() and _hash(read_bounded(path, MOST_REPORT, follow=False)) in hashes
        return False


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


def _write_own(folder: Path, hashes: Hashes) -> None:
    value = {"cnnspec": __version__, "files": hashes}
    write(folder / OWN, (json.dumps(value, indent=2) + "\n").encode())
