"""`cnnspec zoo`."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnnspec.api import graph, load
from cnnspec.cli.output import console
from cnnspec.emit.table import number, short
from cnnspec.spec import known_specs


def zoo() -> None:
    """List the specs that ship with cnnspec, with their size and cost."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("name", "input", "params", "MACs", "description"):
        right = heading in ("params", "MACs")
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading != "description")
    for name in known_specs():
        spec = load(name)
        found = graph(spec)
        table.add_row(name, str(found.input), number(found.params), short(found.macs), spec.description)
    console().print(table, soft_wrap=False)
