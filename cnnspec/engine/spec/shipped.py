"""Where specs are: files by their paths, and what ships with the package by name."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from cnnspec.engine.diagnostics import (
    Diagnostic,
    Label,
    OutputError,
    Sink,
    Source,
    SpecError,
    UsageError,
    listing,
    nearest,
    printable,
)
from cnnspec.engine.safe_open import open_regular
from cnnspec.engine.syntax import Map, parse
from cnnspec.engine.syntax.parse import MAX_CHARACTERS
from cnnspec.engine.zoo import entries, recipes_folder, spec_files, specs_folder

MAX_BYTES = 4 * MAX_CHARACTERS  # a character of UTF-8 has four bytes at most
MAX_NAME = 200  # characters of a name or of each part of a path
MAX_TOLD = 4  # names of a folder that a message lists
ENDINGS = (".yaml", ".yml")
STDIN = "-"  # the name of what comes on standard input


class Found(Struct, frozen=True):
    """Where a name leads: a file, perhaps one of its variants, and what to call it."""

    path: Path
    title: str
    variant: str | None = None
    ships: bool = False


def find(name: str) -> Found:
    """The file of a path or of a shipped name (`mnist/lenet`; a variant counts as a name: `mnist/resnet50`).

    A shipped name goes before a file of that name; `./NAME` is the file. Raises UsageError for a name that is neither.
    """
    path = Path(name)
    if max(map(len, name.split("/"))) > MAX_NAME or "\0" in name:
        raise UsageError(
            f"`{name[:40]}…` is not a name or a path", "`cnnspec zoo` lists the names; a path ends in .yaml"
        )
    if name == STDIN:
        raise UsageError("a spec cannot come from standard input here", "save it as a .yaml file, and give its path")
    if name.endswith(ENDINGS):
        return _file(path)
    shipped = find_shipped(name)
    if shipped is not None:
        return shipped
    if os.path.exists(path):  # noqa: PTH110 - which says no where it may not look
        return _file(path)
    raise UsageError(f"no spec is called `{name}`", _help(name))


def _help(name: str) -> str:
    """What may be meant by a name that no spec has: one in the folder of that name, or the nearest."""
    inside = [known for known in known_specs() if known.startswith(f"{name.rstrip('/')}/")]
    if inside:
        told = listing([*(f"`{known}`" for known in inside[:MAX_TOLD]), *(["more"] if inside[MAX_TOLD:] else [])])
        return f"it is a folder of specs: {told}; `cnnspec zoo` lists them"
    full = near_shipped(name)
    return f"did you mean `{full}`?" if full else "`cnnspec zoo` lists the names; a path ends in .yaml"


def find_shipped(name: str) -> Found | None:
    """The file of a shipped name, or None where none is called so."""
    return next(iter(_candidates(specs_folder(), name)), None)


def near_shipped(name: str) -> str | None:
    """The shipped name that a misspelt one most likely means."""
    folder, _, last = name.rpartition("/")
    near = nearest(last, (known.rpartition("/")[2] for known in known_specs()))
    called = [known for known in known_specs() if near and known.rpartition("/")[2] == near]
    return min(called, key=lambda known: known.rpartition("/")[0] != folder, default=None)


def display(path: Path) -> str:
    """How messages name a file: shipped ones from `specs/` or `recipes/`, others from the working folder if in it."""
    for folder in (specs_folder(), recipes_folder()):
        if path.is_relative_to(folder):
            return f"{folder.name}/{path.relative_to(folder).as_posix()}"
    try:
        return Path(os.path.realpath(path)).relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def _file(path: Path) -> Found:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"there is no file `{path}`") from None
    except OSError as error:
        raise OutputError(f"`{path}` cannot be read: {error.strerror}") from None
    if path.is_dir():
        raise UsageError(f"`{path}` is a folder, not a spec")
    if not path.is_file():
        raise UsageError(f"`{path}` is not a regular file")
    return Found(path, printable(str(path)))


def _candidates(folder: Path, name: str) -> list[Found]:
    """A variant of that name first, then the file of that name."""
    *parts, last = name.split("/")
    if any(part in ("", ".", "..") for part in (*parts, last)):
        return []
    where = folder.joinpath(*parts)
    found = [Found(p, name, last, ships=True) for p in sorted(where.glob("*.yaml")) if _has_variant(p, last)]
    if (where / f"{last}.yaml").is_file():
        found.append(Found(where / f"{last}.yaml", name, ships=True))
    return found


def _has_variant(path: Path, name: str) -> bool:
    text = path.read_text(encoding="utf-8")
    return f"{name}:" in text and name in variant_names(Source(path.name, text))


def variant_names(source: Source) -> list[str]:
    """The variants that a text declares, without reading the rest of it."""
    top = parse(source, Sink())
    variants = top.get("variants") if isinstance(top, Map) else None
    return variants.names() if isinstance(variants, Map) else []


@lru_cache(maxsize=1)
def known_specs() -> tuple[str, ...]:
    """Return every shipped name: the variants of each file, or the file's own name where it has none."""
    indexed, names = entries(), dict[str, None]()
    for file, path in spec_files().items():
        names.update(dict.fromkeys([e.name for e in indexed[file]] if file in indexed else names_in(file, path)))
    return tuple(names)


def names_in(file: str, path: Path) -> list[str]:
    """Return the shipped names that the text of one file declares."""
    parent = file.rpartition("/")[0]
    variants = variant_names(Source(file, path.read_text(encoding="utf-8")))
    return [f"{parent}/{variant}" if parent else variant for variant in variants] or [file]


def open_source(path: Path, name: str | None = None, *, follow: bool = True) -> Source:
    """The text of a file; ``follow`` is whether a link at its path is followed.

    Raises SpecError where it is not UTF-8, UsageError where it is no regular file, OutputError where it cannot be read.
    """
    try:
        with open_regular(path, follow=follow) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise OutputError(f"`{path}` cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        return Source(name or path.as_posix(), " " * (MAX_CHARACTERS + 1))  # refused by its length
    return decode(name or path.as_posix(), data, path)


def decode(name: str, data: bytes, path: Path | None = None) -> Source:
    """The text that bytes are, of the file ``path``. Raises SpecError where they are not UTF-8."""
    try:
        return Source(name, data.decode("utf-8-sig"), path=path)
    except UnicodeDecodeError as error:
        if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):  # which are of UTF-16
            raise SpecError([_binary(name)]) from None
        raise SpecError([_not_utf8(name, data, error.start)]) from None


def _binary(name: str) -> Diagnostic:
    """A file that is no text at all, of which nothing is shown."""
    place = Source(name, "").span()
    help = "a spec is a YAML file; `cnnspec import` reads an exported program, `cnnspec train --weights` weights"
    return Diagnostic("not-utf8", "this is a binary file, not text", Label(place), help=help)


def _not_utf8(name: str, data: bytes, at: int) -> Diagnostic:
    source = Source(name, data.decode("utf-8", errors="replace"))
    before = data[:at].decode("utf-8", errors="replace")
    place = source.span(before.count("\n") + 1, len(before) - before.rfind("\n"))
    help = "save the file as UTF-8"
    return Diagnostic("not-utf8", f"byte {data[at]:#04x} is not UTF-8 text", Label(place), help=help)
