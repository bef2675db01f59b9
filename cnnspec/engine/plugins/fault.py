"""What goes wrong in a plugin, with the line of its own file that it comes from."""

from __future__ import annotations

import linecache
from pathlib import Path
from types import CodeType, TracebackType

from cnnspec.engine.diagnostics import UsageError

PACKAGE = str(Path(__file__).parents[2])
MOST_SAID = 400  # characters of an error that a plugin raises


class PluginFault(UsageError):
    """A plugin that cannot be imported, or whose code fails."""


def fault(said: str, error: BaseException, file: str) -> PluginFault:
    """An error that was raised in a plugin; ``file`` is where its class stands."""
    words = " ".join(str(error).split())[:MOST_SAID]
    if isinstance(error, SyntaxError) and error.filename:
        place, text = f"{error.filename}:{error.lineno}", (error.text or "").strip()
    else:
        place, text = _last_line(error.__traceback__, file)
    reason = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return PluginFault(f"{said}: {reason}", ": ".join(filter(None, (place, text))))


def _last_line(trace: TracebackType | None, file: str) -> tuple[str, str]:
    """The last line that ran in the plugin's file; else the last that is not cnnspec's or of the import machinery."""
    lines = []
    while trace is not None:
        lines.append((trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    own = [(code, line) for code, line in lines if code.co_filename == file]
    found = own or [(code, line) for code, line in lines if _is_foreign(code)]
    if not found:
        return file, ""
    code, line = found[-1]
    return f"{code.co_filename}:{line}", linecache.getline(code.co_filename, line).strip()


def _is_foreign(code: CodeType) -> bool:
    return not code.co_filename.startswith((PACKAGE, "<frozen")) and "importlib" not in code.co_filename
