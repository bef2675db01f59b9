"""The `cnnspec` command."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from cnnspec.cli.commands import LOOK, Commands
from cnnspec.cli.output import show_error
from cnnspec.cli.streams import guarded, unnameable
from cnnspec.engine.diagnostics import CnnspecError, OutputError
from cnnspec.rank import tells
from cnnspec.version import __version__

app = typer.Typer(
    name="cnnspec",
    cls=Commands,
    help="Convolutional networks as data: YAML specs, checked without torch, built as plain PyTorch modules.",
    epilog="A NAME is a shipped spec (`cnnspec zoo` lists them) or the path of a YAML file.",
    **LOOK,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cnnspec {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the command itself; the commands have their own."""


def main() -> None:
    """Run the command line; an error of the user's ends it without a traceback, with its own exit code."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # pydantic looks for its own in all that is installed
    try:
        with guarded():
            _run()
    finally:
        if "torch" not in sys.modules:  # whose libraries complain of what nobody looks for
            gc.freeze()  # the process ends: no search for garbage among all that was imported


def _run() -> None:
    """Run the command that is named, and print all of its output; a failure of that outweighs its exit code."""
    try:
        try:
            app(prog_name="cnnspec")
        finally:
            sys.stdout.flush()
    except CnnspecError as error:
        _end(error)
    except OSError as error:  # of a name that is too long, a folder that may not be entered, a disk that fails
        path = f"`{os.fsdecode(error.filename)}`: " if isinstance(error.filename, str | bytes | os.PathLike) else ""
        _end(OutputError(f"{path}{error.strerror or error}"))
    except UnicodeEncodeError as error:  # of a name in a text that the locale's encoding lacks
        _end(unnameable(error))


def _end(error: CnnspecError) -> None:
    if tells(error.told):
        show_error(error)
    sys.exit(error.exit_code)
