"""`cnnspec data check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnspec.cli.command import Command
from cnnspec.cli.output import console, interruptible, show_fault
from cnnspec.engine.diagnostics import DataError, count, printable

app = typer.Typer(
    name="data",
    help="Check data sets.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def data() -> None:
    """Check data sets."""


@app.command(cls=Command)
@interruptible()
def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A data folder, or one of images.")]) -> None:
    """Read the data in a folder whole, and compare them with what is known of them.

    MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100 are looked for where `cnnspec train --data-dir DIR` looks for them;
    form, sizes, labels and SHA-256 are checked. Otherwise DIR holds images, a folder for each class, and each of them
    is decoded; copies of one picture in two parts or classes and parts without an image of a class are warnings. The
    exit code is 4 if anything is wrong.
    """
    from cnnspec.pytorch.data.check import check_data  # torch, from here on

    found = check_data(folder)
    wrong = [finding.error for finding in found if finding.error]
    for finding in found:
        if finding.error:
            show_fault(finding.error)
        elif finding.is_doubt:
            console().print(printable(f"warning: {finding.path}: {finding.words}"))
        else:
            console().print(printable(f"{finding.of}: {finding.path}: {finding.words}"))
    if wrong:
        sure = [finding for finding in found if not finding.is_doubt]
        console().print(f"{len(wrong)} wrong of {count(len(sure), 'finding')}")
        raise typer.Exit(DataError.exit_code)
