"""`cnnspec zoo`."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnnspec.api import graph, load
from cnnspec.cli.output import console, write
from cnnspec.emit.table import number, short
from cnnspec.spec import known_specs


def zoo(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The spec whose text to print.")] = None,
) -> None:
    """List the specs that ship with cnnspec, with their size and cost, or print the text of one.

    `cnnspec zoo first > mine.yaml` copies one to change it.
    """
    if name is None:
        _list()
    else:
        write(load(name).source.text)


def _list() -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "input", "output", "params", "MACs"):
        table.add_column(heading, justify="left" if heading == "name" else "right", no_wrap=True)
    for _, specs in groupby((load(name) for name in known_specs()), key=lambda spec: spec.source.name):
        table.add_section()
        for spec in specs:
            found = graph(spec)
            sizes = (str(found.input), str(found.output), number(found.params), short(found.macs))
            table.add_row(spec.title, *sizes)
    console().print(table, soft_wrap=False)
    console().print("`cnnspec summary NAME` shows the layers of one, `cnnspec zoo NAME` its text.")
