"""`cnnspec compare`.

Torch and matplotlib are imported by the command that runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnspec.cli.report import write


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs that have an epoch at least.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report goes.")] = Path("comparison"),
    title: Annotated[str, typer.Option("--title", help="What stands above it.", show_default=False)] = "",
) -> None:
    """Compare runs, as `cnnspec report` does a sweep's.

    What differs between their specs and recipes makes the axes; runs that differ in the seed alone are told as one
    setting, with its spread.
    """
    from cnnspec.pytorch.report import compare

    write(compare(runs, title), out)
