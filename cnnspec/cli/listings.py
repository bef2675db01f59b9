"""Lists of shipped recipes and sweeps, and the text of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnnspec.cli.tables import print_table
from cnnspec.engine.diagnostics import UsageError, did_you_mean

Shown = Annotated[str | None, typer.Argument(metavar="[NAME]", help="The one to print.")]


def print_list(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right" if heading == "runs" else "left", no_wrap=heading != "description")
    for row in rows:
        table.add_row(*row)
    print_table(table)


def shipped_text(name: str, what: str, files: Mapping[str, Path]) -> str:
    """The text of a shipped file. Raises UsageError for a name that none has."""
    if name not in files:
        near = did_you_mean(name, files)
        raise UsageError(f"no {what} is called `{name}`", near or f"`cnnspec {what}s` lists the names")
    return files[name].read_text(encoding="utf-8")
