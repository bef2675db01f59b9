"""`cnnspec recipes` and `cnnspec sweeps`: what ships besides specs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnnspec.cli.output import console, write
from cnnspec.cli.tables import print_table
from cnnspec.engine.diagnostics import UsageError, count, did_you_mean
from cnnspec.engine.zoo import recipe_files, sweep_files

Shown = Annotated[str | None, typer.Argument(metavar="[NAME]", help="The one whose text to print.")]


def recipes(name: Shown = None) -> None:
    """List the recipes that ship with cnnspec, or print the text of one.

    `cnnspec recipes mnist/lenet_tuned > tuned.yaml` copies one to change it.
    """
    if name is not None:
        write(_text(name, "recipe", recipe_files()))
        return
    from cnnspec.engine.recipe import load_recipe

    loaded = {shipped: load_recipe(shipped) for shipped in recipe_files()}
    rows = [(name, one.data, count(one.epochs, "epoch"), one.description) for name, one in loaded.items()]
    _print(("name", "data", "training", "description"), rows)
    console().print("`cnnspec train NAME --recipe RECIPE` trains with one, `cnnspec recipes RECIPE` prints its text.")


def sweeps(name: Shown = None) -> None:
    """List the sweeps that ship with cnnspec, or print the text of one.

    `cnnspec sweeps lenet_relu > mine.yaml` copies one to change it.
    """
    if name is not None:
        write(_text(name, "sweep", sweep_files()))
        return
    from cnnspec.pytorch.sweep.space import known_points
    from cnnspec.pytorch.sweep.start import read_file

    files = {shipped: read_file(shipped) for shipped in sweep_files()}
    _print(
        ("name", "runs", "description"),
        [(shipped, f"{sum(1 for _ in known_points(file)):,}", file.description) for shipped, file in files.items()],
    )
    console().print("`cnnspec sweep NAME --plan` shows the points of one, `cnnspec sweeps NAME` prints its text.")


def _print(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right" if heading == "runs" else "left", no_wrap=heading != "description")
    for row in rows:
        table.add_row(*row)
    print_table(table)


def _text(name: str, what: str, files: Mapping[str, Path]) -> str:
    """The text of a shipped file. Raises UsageError for a name that none has."""
    if name not in files:
        near = did_you_mean(name, files)
        raise UsageError(f"no {what} is called `{name}`", near or f"`cnnspec {what}s` lists the names")
    return files[name].read_text(encoding="utf-8")
