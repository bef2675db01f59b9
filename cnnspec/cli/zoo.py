"""`cnnspec zoo`.

The list comes from the index of the shipped specs: the checker is imported only where a file is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnnspec.cli.output import console, write
from cnnspec.cli.tables import print_fitting
from cnnspec.engine.numbers import number, short
from cnnspec.engine.zoo import ZooEntry, digest, entries, spec_files

COLUMNS = ("name", "input", "output", "params", "MACs")


def zoo(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The spec to print.")] = None,
) -> None:
    """List the specs that ship with cnnspec, with their size and cost, or print one.

    `cnnspec zoo first > mine.yaml` copies one, so that you can change it.
    """
    if name is None:
        _list()
        return
    from cnnspec.api import load

    write(load(name).source.text)


def _list() -> None:
    print_fitting(_table, COLUMNS, ("output", "input", "MACs"), "use a wider terminal to see all")
    console().print("`cnnspec summary NAME` shows the layers of one, `cnnspec zoo NAME` its text.")


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in columns:
        table.add_column(heading, justify="left" if heading == "name" else "right", no_wrap=True)
    indexed = entries()
    for file, path in spec_files().items():
        table.add_section()
        for entry in indexed[file] if file in indexed else described(file, path):
            cells = (entry.name, entry.input, entry.output, number(entry.params), short(entry.macs))
            table.add_row(*(cell for name, cell in zip(COLUMNS, cells, strict=True) if name in columns))
    return table


def described(file: str, path: Path) -> tuple[ZooEntry, ...]:
    """Return the entries of a file as the checker finds them."""
    from cnnspec.api import graph
    from cnnspec.engine.spec.shipped import names_in

    graphs = {name: graph(name) for name in names_in(file, path)}
    return tuple(ZooEntry(name, str(g.input), str(g.output), g.params, g.macs) for name, g in graphs.items())


def index_text() -> str:
    """Return the text of specs/index.json, made of the shipped specs."""
    index = {
        file: {"sha256": digest(path.read_bytes()), "specs": [entry._asdict() for entry in described(file, path)]}
        for file, path in spec_files().items()
    }
    return json.dumps(index, indent=1, ensure_ascii=False) + "\n"
