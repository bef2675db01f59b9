"""Where commands print, and how an error looks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cnnspec.cli.streams import REPLACE
from cnnspec.engine.diagnostics import (
    CnnspecError,
    Diagnostic,
    SpecError,
    UsageError,
    listing,
    printable,
    printable_lines,
    render,
)
from cnnspec.engine.diagnostics.wrap import wrapped
from cnnspec.engine.files import put
from cnnspec.rank import local_rank

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Format = TypeVar("Format")


@lru_cache(maxsize=2)
def console(stderr: bool = False) -> Console:
    """The terminal. Nothing that is printed is taken for markup or control codes, and no word is coloured by guess."""
    from rich.console import Console

    class Terminal(Console):
        def render_str(self, text: str, **how: Any) -> Text:
            return super().render_str(printable_lines(text), **how)

    return Terminal(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _width(stderr: bool = False) -> int | None:
    """The columns of a terminal; None where what is printed goes elsewhere, and its lines stay whole."""
    return console(stderr=stderr).width if console(stderr=stderr).is_terminal else None


def show(diagnostics: Iterable[Diagnostic]) -> None:
    """Diagnostics as text, an empty line behind each."""
    for diagnostic in diagnostics:
        console().print(render(diagnostic, _width()))


def show_error(error: CnnspecError) -> None:
    """An error on standard error; the diagnostics of a spec as `check` shows them."""
    if isinstance(error, SpecError):
        for diagnostic in error.diagnostics:
            console(stderr=True).print(render(diagnostic, _width(stderr=True)))
        return
    for line in _lines(error, _width(stderr=True)):
        console(stderr=True).print(line)


def show_fault(error: CnnspecError) -> None:
    """An error that is what a command was asked to find."""
    for line in _lines(error, _width()):
        console().print(line)


def _lines(error: CnnspecError, width: int | None) -> Iterator[Text]:
    from rich.text import Text

    message, *nested = error.message.rstrip("\n").split("\n")
    yield Text.assemble(("error", "bold red"), ": ", (wrapped(printable(message), width, 7), "bold"))
    yield from (Text(printable(line)) for line in nested)  # as the diagnostics of a spec are laid out
    for line in error.help.split("\n") if error.help else ():
        yield Text(f"  = help: {wrapped(printable(line), width, 10)}")


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C, or a signal that training has waited out, ends a command with the shell's code for it; files stay.

    How to go on is said where the interrupt has it as a note.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if local_rank() == 0:
            ways = getattr(interrupt, "__notes__", ["what was written is kept"])
            console(stderr=True).print(f"interrupted; {printable(ways[-1])}")
        sys.exit(getattr(interrupt, "exit_code", 130))


def write(text: str) -> None:
    """A document as it is, for programs: in UTF-8, whatever encoding the stream has, as `--out` writes it."""
    text = text if text.endswith("\n") else f"{text}\n"
    if not hasattr(sys.stdout, "buffer"):  # text in memory
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", REPLACE))
    if getattr(sys.stdout, "line_buffering", False):
        sys.stdout.flush()


def say(text: str) -> None:
    """A line for people, in which nothing moves a cursor. No terminal is asked about, so it stays whole."""
    sys.stdout.write(f"{printable(text)}\n")


def save(path: Path, text: str) -> None:
    """Text into a file, whole or not at all; into a device or a pipe as it comes. Raises OutputError."""
    put(path, text.encode())


def by_ending(out: Path | None, endings: Mapping[str, Format], default: Format, option: str) -> Format:
    """Return the format of a file extension, or the default without one. Raise UsageError for another extension.

    ``option`` is the option that names a format instead.
    """
    if out is None or not out.suffix:
        return default
    if out.suffix.lower() not in endings:
        known = listing([*endings])
        raise UsageError(f"unsupported file extension `{out.suffix}`: {out}", f"{known}; or {option}")
    return endings[out.suffix.lower()]
