"""Writes a text back to its file: whole or not at all, with the file's permissions and line ends."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from cnnspec.diagnostics import OutputError, Source
from cnnspec.files import replacing
from cnnspec.opening import read_bounded
from cnnspec.spec.shipped import MAX_BYTES


def rewrite(path: Path, before: Source, text: str) -> None:
    """Puts ``text`` in the place of what was read from a file.

    Raises OutputError where the file is a link, holds another text by now, or cannot be written.
    """
    if path.is_symlink():
        raise OutputError(f"`{path}` is a link and is not rewritten", f"name the file itself: {os.path.realpath(path)}")
    try:
        data, was = read_bounded(path, MAX_BYTES, follow=False), path.stat()
        if data.decode("utf-8-sig") != before.text:
            raise OutputError(f"`{path}` has changed meanwhile and is not rewritten", "check it again")
    except OSError as error:
        raise OutputError(f"`{path}` cannot be written: {error.strerror}") from None
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    with replacing(path, like=was) as put:
        put(mark + with_line_ends(before.text, text).encode())


def with_line_ends(before: str, text: str) -> str:
    """The text with the line ends that it had: where every line ended as on Windows, the new ones do."""
    if before.count("\r\n") != before.count("\n") or "\n" not in before:
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def as_diff(before: Source, text: str) -> str:
    """What would change, as a unified diff; nothing where nothing does."""
    from difflib import unified_diff

    lines = unified_diff(
        before.text.splitlines(keepends=True),
        with_line_ends(before.text, text).splitlines(keepends=True),
        before.name,
        before.name,
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
