"""`cnnspec compare`.

Torch and matplotlib are imported by the command that runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnspec.cli.report import write


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="The folders of runs with at least one epoch.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the report.")] = Path("comparison"),
    title: Annotated[str, typer.Option("--title", help="The title of the report.", show_default=False)] = "",
) -> None:
    """Write a report that compares runs, as `cnnspec report` does for a sweep.

    Settings that differ between the specs and recipes become the axes. Runs that differ only in the seed count as
    one setting, shown with its spread.
    """
    from cnnspec.pytorch.report import compare

    write(compare(runs, title), out)
