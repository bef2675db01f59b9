"""Where `extends` leads: a shipped name, or a file of the folder that the extending file lies in.

    extends: resnet50              a shipped name; a variant counts as one
    extends: base.yaml             a file beside this one, or below its folder
    extends: sizes/base.yaml:wide  one of its variants

Nothing leads out of that folder: no `..`, no absolute path, no link. A text that is no file extends shipped names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from msgspec import Struct

from cnnspec.engine.diagnostics import (
    CnnspecError,
    Diagnostic,
    Label,
    OutputError,
    Sink,
    Source,
    Span,
    SpecError,
    UsageError,
    did_you_mean,
    nearest,
)
from cnnspec.engine.spec.edits import rename
from cnnspec.engine.spec.shipped import (
    ENDINGS,
    MAX_NAME,
    display,
    find_shipped,
    near_shipped,
    open_source,
    variant_names,
)
from cnnspec.engine.syntax import Node, Scalar, shown

MAX_LISTED = 500  # files of a folder among which a near name is looked for
FILE = re.compile(r"(?P<file>.*\.ya?ml)(?::(?P<variant>[^:]*))?", re.DOTALL)
DRIVE = re.compile(r"[A-Za-z]:|~")
FORMS = "name a shipped spec, such as `extends: resnet50`, or a file in the same folder: `extends: base.yaml`"


class Base(Struct, frozen=True):
    """The text that is extended, and the variant of it that is chosen."""

    source: Source
    variant: str | None = None


class NoBase(Exception):
    """Nothing can be extended; carries what is to be said."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def find_base(source: Source, node: Node, sink: Sink) -> Base | None:
    """The text that the key `extends` of ``source`` leads to, or None where it leads nowhere, which is told."""
    try:
        return _find(source, node)
    except NoBase as error:
        sink.add(error.diagnostic)
    except SpecError as error:
        sink.add(error.diagnostics[0])
    return None


def _find(source: Source, node: Node) -> Base:
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.text.strip():
        message = f"`extends` names one spec, not {shown(node)}"
        raise NoBase(Diagnostic("wrong-type", message, Label(node.span), help=FORMS))
    name, colon, variant = split(node.text)
    if source.base is not None:
        return Base(source.base, variant if colon else _variant_named(name, source.base))
    if name.endswith(ENDINGS):
        return Base(_file(source, node, name), variant if colon else None)
    found = find_shipped(name) if len(name) <= MAX_NAME else None
    if found is None:
        raise NoBase(_not_shipped(source, node, name))
    return Base(open_source(found.path, display(found.path)), variant if colon else found.variant)


def split(text: str) -> tuple[str, str, str]:
    """A file or a shipped name, and the variant behind its colon."""
    match = FILE.fullmatch(text)
    if match is None:
        return text.partition(":")
    return match["file"], ":" if match["variant"] is not None else "", match["variant"] or ""


def _variant_named(name: str, source: Source) -> str | None:
    """The variant that a shipped name stands for; a file's own name stands for none."""
    last = name.rpartition("/")[2]
    return last if last in variant_names(source) else None


def _not_shipped(source: Source, node: Scalar, name: str) -> Diagnostic:
    place = _part(node, name)
    near = near_shipped(name) if len(name) <= MAX_NAME else None
    beside = source.path is not None and len(name) <= MAX_NAME and _beside(source.path, f"{name}{ENDINGS[0]}")
    meant = f"{name}{ENDINGS[0]}" if beside else near
    label = Label(place, f"did you mean `{meant}`?" if meant else "")
    help = "`cnnspec zoo` lists the shipped specs; the name of a file ends in .yaml"
    return Diagnostic("unknown-base", f"no spec is called `{name}`", label, help=help, repairs=rename(place, meant))


def _part(node: Scalar, name: str) -> Span:
    """The name without the variant behind it."""
    return node.part(0, max(len(name), 1))


# -------------------------------------------------------------------------------------------------------- files


def _file(source: Source, node: Scalar, name: str) -> Source:
    place = _part(node, name)
    if _leads_out(name):
        raise NoBase(_outside(place, name))
    if source.path is None:
        message = f"`{name}` is a file, but a spec from standard input can only extend shipped specs"
        help = "save the spec in the folder of the file that it extends"
        raise NoBase(Diagnostic("bad-base", message, Label(place), help=help))
    if max(map(len, name.split("/"))) > MAX_NAME:
        raise NoBase(Diagnostic("unknown-base", f"there is no file `{name[:40]}…` here", Label(place)))
    path = inside(source.path, name)
    if path is None:
        raise NoBase(_outside(place, name))
    if not _exists(path):
        near = _near_file(name, source.path)
        label = Label(place, f"did you mean `{near}`?" if near else "")
        raise NoBase(Diagnostic("unknown-base", f"there is no file `{name}` here", label, repairs=rename(place, near)))
    try:
        return open_source(path, display(path))
    except (UsageError, OutputError) as error:
        raise NoBase(_not_readable(place, name, error)) from None


def _outside(place: Span, name: str) -> Diagnostic:
    message = f"`{name}` is outside the folder of the file that extends it"
    return Diagnostic("outside-folder", message, Label(place), help="copy the file into that folder, or below it")


def _not_readable(place: Span, name: str, error: CnnspecError) -> Diagnostic:
    why = "is not a regular file" if isinstance(error, UsageError) else error.message.rpartition("` ")[2]
    return Diagnostic("bad-base", f"`{name}` {why}", Label(place))


def inside(extending: Path, name: str) -> Path | None:
    """The real place of a file that ``extending`` names, or None where that is outside of its folder."""
    if _leads_out(name):
        return None
    folder = Path(os.path.realpath(extending.parent))
    real = Path(os.path.realpath(folder / name))
    return real if real.is_relative_to(folder) else None


def _leads_out(name: str) -> bool:
    """Whether a name by itself leads out of any folder."""
    parts = name.split("/")
    return ".." in parts or not parts[0] or "\0" in name or "\\" in name or DRIVE.match(name) is not None


def _exists(path: Path) -> bool:
    return os.path.lexists(path)  # which says no where it may not look, and yes of a link to itself


def _beside(extending: Path, name: str) -> bool:
    path = inside(extending, name)
    return path is not None and _exists(path)


def _files_beside(extending: Path) -> list[str]:
    """The names of the specs in the folder of a file, the first few hundred of them."""
    found: list[str] = []
    try:
        with os.scandir(extending.parent) as entries:
            for entry in entries:
                if entry.name.endswith(ENDINGS) and entry.name != extending.name:
                    found.append(entry.name)
                if len(found) >= MAX_LISTED:
                    break
    except OSError:
        return []
    return sorted(found)


def _near_file(name: str, extending: Path) -> str | None:
    """The file beside another whose name is most like one that is not there; endings do not count."""
    files = {file.rpartition(".")[0]: file for file in _files_beside(extending)}
    near = nearest(name.rpartition(".")[0], files)
    return files[near] if near else None


def no_variant(node: Scalar, base: Base, known: list[str]) -> Diagnostic:
    """A variant that the base does not have."""
    assert base.variant is not None
    place = node.part(len(node.text) - len(base.variant), len(node.text)) if ":" in node.text else node.span
    message = f"`{base.source.name}` has no variant `{base.variant}`"
    near = nearest(base.variant, known)
    help = "" if near else f"its variants are {', '.join(known[:12])}" if known else "it has no variants"
    label = Label(place, did_you_mean(base.variant, known))
    return Diagnostic("unknown-base", message, label, help=help, repairs=rename(place, near))
