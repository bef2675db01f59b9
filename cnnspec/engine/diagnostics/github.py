"""Diagnostics as workflow commands of GitHub Actions, which shows them at their lines of a pull request.

::error file=specs/a.yaml,line=7,endLine=7,col=28,endColumn=42,title=window-too-large::a 5×5 window ...%0Anote: ...

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from cnnspec.engine.diagnostics.diagnostic import Diagnostic
from cnnspec.engine.diagnostics.escape import printable
from cnnspec.engine.diagnostics.prose import prose

DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def as_github(diagnostic: Diagnostic) -> str:
    """One workflow command."""
    span = diagnostic.span
    where: dict[str, object] = {"file": span.source.name, "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:  # columns of different lines are refused
        where |= {"col": span.column, "endColumn": span.end_column}
    return command(diagnostic.severity, prose(diagnostic), **where, title=f"cnnspec: {diagnostic.code}")


def command(level: str, message: str, **properties: object) -> str:
    """A workflow command; nothing in a message or a file's name ends it early or begins another."""
    words = ",".join(f"{name}={printable(str(value)).translate(PROPERTY)}" for name, value in properties.items())
    lines = "\n".join(printable(line) for line in message.split("\n"))
    return f"::{level} {words}::{lines.translate(DATA)}"
