"""`cnnspec summary`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace as with_fields

from cnnspec.cli.options import InputSize, Name, Settings, Title, Variant
from cnnspec.cli.output import console, write
from cnnspec.cli.specs import load_graph, load_spec
from cnnspec.cli.tables import print_fitting
from cnnspec.engine.diagnostics import SpecError, printable

if TYPE_CHECKING:
    from cnnspec.engine.network import Graph
    from cnnspec.engine.table.columns import Facts
    from cnnspec.engine.table.table import Look


EXPENDABLE = ("share", "macs", "params", "output")  # columns that a narrow terminal goes without


class SummaryFormat(StrEnum):
    table = "table"
    json = "json"
    markdown = "markdown"
    csv = "csv"


class Dtype(StrEnum):
    float32 = "float32"
    float16 = "float16"
    bfloat16 = "bfloat16"
    float64 = "float64"


COLUMNS_HELP = (
    "The columns, in order, for example key,output,field. Available: key, layer, input, output, kernel, params,"
    " macs, share, field, jump, start, activations, kept, weights and line."
)


def summary(
    name: Name,
    variant: Variant = None,
    set_: Settings = None,
    input: InputSize = None,
    format: Annotated[SummaryFormat, typer.Option("--format", help="The output format.")] = SummaryFormat.table,
    full: Annotated[bool, typer.Option("--full", help="Show every copy of repeated blocks.")] = False,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="How many levels of blocks to expand.")] = None,
    columns: Annotated[str | None, typer.Option("--columns", metavar="NAME,...", help=COLUMNS_HELP)] = None,
    dtype: Annotated[
        Dtype | None, typer.Option("--dtype", help="The dtype for sizes in bytes; float32 by default.")
    ] = None,
    names: Annotated[
        bool,
        typer.Option("--names", help="Name output sizes by the params and input sizes they follow: width·4 × H/4."),
    ] = False,
    title: Title = None,
) -> None:
    """Print a table of a network: output shape, parameters and MACs of each layer, or the columns you select.

    The network is neither built nor run. Repeated blocks are shown once: the heading gives their number and their
    total, the rows below are one copy. MACs are the multiply-adds of convolutions and linear layers for one input;
    a dash means that the cost of a layer is not counted. JSON and CSV list every layer. If a spec has errors, the
    table shows the layers before them.
    """
    from cnnspec.engine.table.columns import chosen

    shown = None if columns is None else chosen(columns)
    found, wrong = load_graph(name, variant, input, set_)
    if found is not None and title is not None:
        found = with_fields(found, heading=title)
    if format in (SummaryFormat.json, SummaryFormat.csv):
        if wrong or found is None:
            raise SpecError(wrong)
        write(_records(found, format, shown, dtype))
        return
    from cnnspec.engine.table.names import dimension_names
    from cnnspec.engine.table.table import DEFAULT, Look

    named = dimension_names(load_spec(name, variant, input, set_), found) if names and found and not wrong else None
    look = Look(shown or DEFAULT, full, depth, dtype, named)
    if wrong or found is None:
        if found is not None and found.nodes and format is SummaryFormat.table:
            _print_partly(look.facts(found), look)
        raise SpecError(wrong)
    _print(look.facts(found), look, format)


def _records(found: Graph, format: SummaryFormat, names: Sequence[str] | None, dtype: str | None) -> str:
    from cnnspec.engine.table.record import DEFAULT, as_csv, json_text

    return (as_csv if format is SummaryFormat.csv else json_text)(found, names or DEFAULT, dtype)


def _print(facts: Facts, look: Look, format: SummaryFormat) -> None:
    from cnnspec.engine.table.table import markdown, rows_of, totals

    if format is SummaryFormat.markdown:
        write(markdown(facts, look))
        return
    _print_table(facts, look)
    if any(row.copies > 1 for row in rows_of(facts, look)):
        console().print("×: the heading counts all copies, the rows below it show one; --full shows all")
    console().print(totals(facts, look))


def _print_table(facts: Facts, look: Look) -> None:
    """The table in the columns that fit; columns that were asked for are all there, however wide."""
    from rich.text import Text

    from cnnspec.engine.table.table import DEFAULT, rich_table

    console().print(Text(printable(facts.graph.title), "bold"))
    print_fitting(
        lambda columns: rich_table(facts, replace(look, columns=tuple(columns))),
        look.columns,
        EXPENDABLE if look.columns == DEFAULT else (),
        "--columns names the columns to print",
    )


def _print_partly(facts: Facts, look: Look) -> None:
    _print_table(facts, look)
    console().print("the table ends before the errors; layers that depend on them are not shown")
    console().print()
