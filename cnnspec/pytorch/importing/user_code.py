"""Where in the user's own code a call stands."""

from __future__ import annotations

import inspect
import linecache
import os
import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType, TracebackType

import torch

from cnnspec.engine.diagnostics import Source, Span

LIBRARY = (f"{Path(torch.__file__).parent}{os.sep}", f"{Path(__file__).parent}{os.sep}", "<")


def calling(fallback: Span) -> Span:
    """The innermost line that is neither torch's nor the importer's, with the columns of its call."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - as the inspect module does
    while frame is not None and frame.f_code.co_filename.startswith(LIBRARY):
        frame = frame.f_back
    if frame is None or _is_ours(frame.f_code.co_filename):
        return fallback
    return _span(frame.f_code.co_filename, frame.f_lineno, _columns(frame))


def raised(traceback: TracebackType | None) -> Span | None:
    """The innermost line of the user's own in a traceback."""
    found = None
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if not name.startswith(LIBRARY) and not _is_ours(name) and not _is_python(name):
            found = _span(name, traceback.tb_lineno, None)
        traceback = traceback.tb_next
    return found


def written(text: str, fallback: Span) -> Span:
    """The innermost line of a recorded stack, `File "nets.py", line 3, in forward`, that is not torch's."""
    found = fallback
    for line in text.splitlines():
        parts = line.strip().split('"')
        if len(parts) == 3 and parts[0] == "File " and not parts[1].startswith(LIBRARY) and "/torch/" not in parts[1]:
            number = parts[2].split(",")[1].removeprefix(" line ")
            found = _span(parts[1], int(number), None)
    return found


def defined(cls: type, name: str) -> Span:
    """Where a class is defined; a place without a line for one of torch's own."""
    try:
        file, line = inspect.getsourcefile(cls), inspect.getsourcelines(cls)[1]
    except (TypeError, OSError):
        return Source(name, "").span()
    if file is None or file.startswith(LIBRARY) or _is_ours(file):
        return Source(name, "").span()
    return _span(file, line, None)


def _is_ours(name: str) -> bool:
    package = str(Path(__file__).parents[2])
    return name.startswith(package)


def _is_python(name: str) -> bool:
    return name.startswith(("<frozen", str(Path(linecache.__file__).parent / "importlib")))


def _columns(frame: FrameType) -> tuple[int, int] | None:
    """The columns of the call that runs, where it stands on one line."""
    positions = [*frame.f_code.co_positions()]
    line, end_line, start, end = positions[frame.f_lasti // 2]
    if start is None or end is None or line != end_line or line != frame.f_lineno:
        return None
    return start, end


def _span(name: str, line: int, columns: tuple[int, int] | None) -> Span:
    source = source_of(name)
    text = source.line(line)
    start, end = columns or (len(text) - len(text.lstrip()), len(text.rstrip()))
    before = len(text.encode()[:start].decode(errors="ignore"))
    width = len(text.encode()[start:end].decode(errors="ignore"))
    return source.span(line, before + 1, max(width, 1))


def source_of(name: str) -> Source:
    """A Python file under the name that messages call it by."""
    path, here = Path(name), Path.cwd()
    linecache.checkcache(name)
    return _source(
        str(path.relative_to(here) if path.is_relative_to(here) else path), "".join(linecache.getlines(name))
    )


@lru_cache(maxsize=256)
def _source(shown: str, text: str) -> Source:
    """One source for all places of a file, which messages group by it."""
    return Source(shown, text)
