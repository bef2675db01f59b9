"""Where the names in a text may lead while it is checked: into the folders that the user named, and nowhere else.

    cnnspec check specs            specs/ and below it
    cnnspec check specs/a.yaml     the file's own folder and below it
    ... --root .                   the folder `.` as well

What lies outside is neither opened nor quoted, and whether it is there is not told. A link counts as what it leads to.
`train` and `sweep` follow what their user's own file names: their sources have no roots.
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Label, Source, Span, SpecError
from cnnspec.engine.spec.shipped import open_source

Roots = tuple[Path, ...]
WIDEN = "move the file into the checked folder, or allow its folder: `cnnspec check --root DIR`"


def leads_out(path: str | os.PathLike[str], roots: Roots | None) -> bool:
    """Whether a path, with all its links followed, lies outside of each root. Without roots nothing is outside."""
    if roots is None:
        return False
    try:
        real = Path(os.path.realpath(path))
        return not any(real.is_relative_to(os.path.realpath(root)) for root in roots)
    except ValueError:  # a NUL
        return True


def outside(name: str, span: Span) -> Diagnostic:
    """The diagnostic of a name that leads out of the roots."""
    return Diagnostic("outside-folder", f"`{name}` is outside the checked folder", Label(span), help=WIDEN)


def open_checked(path: Path, name: str, roots: Roots) -> Source:
    """Return the text of a file that is checked, whose names may lead into the roots alone.

    Raises:
        SpecError: The file is a link that leads out of the roots, or is not UTF-8.
        UsageError: It is no regular file.
        OutputError: It cannot be read.
    """
    if leads_out(path, roots):
        message = "this link leads out of the checked folder"
        raise SpecError([Diagnostic("outside-folder", message, Label(Source(path.as_posix(), "").span()), help=WIDEN)])
    return replace(open_source(path, name), roots=roots)
