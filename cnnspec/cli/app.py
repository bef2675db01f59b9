"""The `cnnspec` command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from cnnspec import __version__
from cnnspec.cli import (
    check,
    data,
    diagram,
    explain,
    export,
    importing,
    inputs,
    layers,
    schema,
    seeing,
    showing,
    summary,
    sweep,
    training,
    zoo,
)
from cnnspec.cli.command import Command
from cnnspec.cli.output import interruptible, show_error
from cnnspec.cli.plugins import with_plugins
from cnnspec.diagnostics import CnnspecError
from cnnspec.train.rank import tells

app = typer.Typer(
    name="cnnspec",
    help="Convolutional networks as data: YAML specs, checked without torch, built as plain PyTorch modules.",
    epilog="A NAME is a shipped spec (`cnnspec zoo` lists them) or the path of a YAML file.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: dict[str, Callable[..., None]] = {
    "check": check.check,
    "explain": explain.explain,
    "summary": summary.summary,
    "inputs": inputs.inputs,
    "diagram": diagram.diagram,
    "layers": layers.layers,
    "zoo": zoo.zoo,
    "schema": schema.schema,
    "import": importing.import_,
    "export": export.export,
    "train": training.train,
    "sweep": sweep.sweep,
    "eval": seeing.evaluate,
    "predict": seeing.predict,
    "features": seeing.features,
    "compare": showing.compare,
    "report": showing.report,
}
NO_LAYERS = ("explain", "import")  # what they say of layers is the same with and without plugins
for _name, _command in COMMANDS.items():
    app.command(_name, cls=Command)(interruptible()(_command if _name in NO_LAYERS else with_plugins(_command)))
data.app.command("check", cls=Command)(interruptible()(data.check))
app.add_typer(data.app, name="data")


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
    try:
        app(prog_name="cnnspec")
    except CnnspecError as error:
        if tells(error.told):
            show_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
