"""`cnnspec summary`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnnspec.api import graph
from cnnspec.cli.options import InputSize, Name, Settings, Variant, parse_input, parse_settings
from cnnspec.cli.output import console, write


class Format(StrEnum):
    table = "table"
    json = "json"
    markdown = "markdown"
    csv = "csv"


def summary(
    name: Name,
    variant: Variant = None,
    set_: Settings = None,
    input: InputSize = None,
    format: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.table,
    full: Annotated[bool, typer.Option("--full", help="Show every copy of repeated blocks.")] = False,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="How many levels of blocks to open.")] = None,
) -> None:
    """Print a network's table: each layer's output shape, parameters and MACs.

    Nothing is built or run. Repeated blocks are folded: the heading says how many there are and counts all of them,
    the rows below show one. MACs are the multiplications of convolutions and linear layers for one input; a dash stands
    where a layer's cost is not counted. JSON and CSV list every layer.
    """
    found = graph(name, variant, input=parse_input(input), **parse_settings(set_))
    if format is Format.table:
        from cnnspec.emit.table import rich_table, rows, totals

        console().print(rich_table(found, full, depth), soft_wrap=False)
        if any(row.copies > 1 for row in rows(found, full, depth)):
            console().print("×: the heading counts all copies, the rows below it show one; --full shows all")
        console().print(totals(found))
    elif format is Format.markdown:
        from cnnspec.emit.table import markdown

        write(markdown(found, full, depth))
    else:
        from cnnspec.emit.record import as_csv, json_text

        write(as_csv(found) if format is Format.csv else json_text(found))
