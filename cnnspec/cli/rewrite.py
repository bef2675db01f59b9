"""Writes a text back to its file: whole or not at all, with the file's permissions and line ends."""

from __future__ import annotations

import codecs
import os
from contextlib import suppress
from pathlib import Path

from cnnspec.diagnostics import OutputError, Source


def rewrite(path: Path, before: Source, text: str) -> None:
    """Puts ``text`` in the place of what was read from a file.

    Raises OutputError where the file is a link, holds another text by now, or cannot be written.
    """
    if path.is_symlink():
        raise OutputError(f"`{path}` is a link and is not rewritten", f"name the file itself: {os.path.realpath(path)}")
    try:
        data = path.read_bytes()
        if data.decode("utf-8-sig") != before.text:
            raise OutputError(f"`{path}` has changed meanwhile and is not rewritten", "check it again")
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        _replace(path, mark + with_line_ends(before.text, text).encode())
    except OSError as error:
        raise OutputError(f"`{path}` cannot be written: {error.strerror}") from None


def with_line_ends(before: str, text: str) -> str:
    """The text with the line ends that it had: where every line ended as on Windows, the new ones do."""
    if before.count("\r\n") != before.count("\n") or "\n" not in before:
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _replace(path: Path, data: bytes) -> None:
    """A new file beside the old one takes its place in one step, with its owner and permissions."""
    import tempfile  # as difflib below: most checks write nothing, and start sooner without

    was = path.stat()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(PermissionError):  # only a superuser gives files away
            os.chown(name, was.st_uid, was.st_gid)
        Path(name).chmod(was.st_mode & 0o7777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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
