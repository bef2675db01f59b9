"""Standard streams that fail in words, and never over a character.

full, closed      OutputError, exit code 7; a message that standard error does not take is lost
reader gone       `cnnspec zoo | head -1`: the rest is dropped, and the exit code stays what it would have been
::error::…        what a runner of GitHub's would take for a command, at the start of a line, is shown
not UTF-8         characters that the encoding lacks are replaced: × by x, … by ..., others by their escapes
"""

from __future__ import annotations

import codecs
import io
import os
import re
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from cnnspec.engine.diagnostics import OutputError
from cnnspec.engine.diagnostics.escape import escape, printable

REPLACE = "cnnspec.replace"  # the error handler for characters that an encoding does not have
COMMAND = re.compile(r"(?m)^[^\S\n]*:(?=:(?!: ))")  # `::: a.yaml:3:7` of a message is none: no command is called `:`
PLAIN = {
    "×": "x", "·": "-", "…": "...", "–": "-", "—": "-", "−": "-", "→": "->", "←": "<-", "±": "+-", "≤": "<=", "≥": ">=",
    "≈": "~", "•": "*", "²": "2", "³": "3", "─": "-", "━": "-", "│": "|", "┃": "|", "‘": "'", "’": "'", "“": '"',
    "”": '"',
}  # fmt: skip


class Guard(io.RawIOBase):
    """A stream that says once why it cannot be written, and drops what comes after; None stands for a closed one."""

    def __init__(self, target: Any, name: str, *, strict: bool) -> None:
        self.target, self.title, self.strict = target, name, strict
        self.dropping = False
        self.reader_gone = False

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.target is not None and bool(self.target.isatty())

    def fileno(self) -> int:
        if self.target is None:
            return super().fileno()
        return int(self.target.fileno())

    def write(self, data: Any) -> int:
        """Raises OutputError where the stream is ``strict``."""
        if self.dropping or not len(data):
            return len(data)
        try:
            return self._written(data)
        except BrokenPipeError:
            self.dropping = self.reader_gone = True
        except OSError as error:
            self._fail(f"cannot be written: {error.strerror or error}")
        return len(data)

    def _written(self, data: Any) -> int:
        if self.target is None:
            self._fail("is closed")
            return len(data)
        while (count := self.target.write(data)) is None:  # someone has made it non-blocking, and it is full for now
            select.select([], [self.target], [])
        return int(count)

    def _fail(self, what: str) -> None:
        self.dropping = True
        if self.strict:
            raise OutputError(f"{self.title} {what}")


class StreamLines(io.TextIOWrapper):
    """Text for people. What is written to its ``buffer`` is a document, and stays as it is."""

    def write(self, text: str) -> int:
        super().write(COMMAND.sub(r"\\x3a", text) if "::" in text else text)
        return len(text)


@contextmanager
def guarded() -> Iterator[None]:
    """Standard output and standard error as above; afterwards they are as they were."""
    _hold_descriptors()
    before = sys.stdout, sys.stderr
    sys.stdout = _guarded(sys.stdout, "standard output", strict=True)
    sys.stderr = _guarded(sys.stderr, "standard error", strict=False)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def unnameable(error: UnicodeEncodeError) -> OutputError:
    """A name that the file system's encoding lacks, as an error of the user's; raises the error where it has all."""
    if codecs.lookup(sys.getfilesystemencoding()).name == "utf-8":
        raise error
    text = printable(error.object)
    help = "the variable PYTHONUTF8=1, or a locale such as C.UTF-8, makes file names UTF-8"
    return OutputError(f"`{text}` is not a file name in the encoding of this locale, {error.encoding}", help)


def has_reader() -> bool:
    """Whether anyone may still read what is printed."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return not (isinstance(raw, Guard) and raw.reader_gone)


def _guarded(stream: TextIO | None, name: str, *, strict: bool) -> TextIO:
    if stream is None or stream.closed:
        return StreamLines(io.BufferedWriter(Guard(None, name, strict=strict)), "utf-8", REPLACE)
    if not hasattr(stream, "buffer"):
        return stream  # text in memory, which takes anything
    with suppress(OSError):
        stream.flush()
    raw = io.BufferedWriter(Guard(getattr(stream.buffer, "raw", stream.buffer), name, strict=strict))
    eager: dict[str, bool] = {key: getattr(stream, key, False) for key in ("line_buffering", "write_through")}
    return StreamLines(raw, stream.encoding, REPLACE, newline=_line_end(), **eager)


def _line_end() -> str | None:
    """As Python opens the standard streams."""
    return None if os.name == "nt" else "\n"


def _hold_descriptors() -> None:
    """Let no file that is opened later take the number of a standard stream that is closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - it has no name


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(plain, error.object[error.start : error.end])), error.end


def plain(character: str) -> str:
    """A character in ASCII: a look-alike, or its escape."""
    return PLAIN.get(character) or escape(character)


codecs.register_error(REPLACE, _replaced)
