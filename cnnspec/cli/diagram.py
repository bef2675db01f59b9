"""`cnnspec diagram`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from cnnspec.api import graph
from cnnspec.cli.options import InputSize, Name, Settings, Title, Variant
from cnnspec.cli.output import by_ending, console, save, write
from cnnspec.cli.specs import load_spec
from cnnspec.engine.diagnostics import printable


class DiagramFormat(StrEnum):
    svg = "svg"
    mermaid = "mermaid"
    dot = "dot"


ENDINGS = {
    ".svg": DiagramFormat.svg,
    ".mmd": DiagramFormat.mermaid,
    ".mermaid": DiagramFormat.mermaid,
    ".dot": DiagramFormat.dot,
    ".gv": DiagramFormat.dot,
}
FORMAT_HELP = "The format; by default from the file extension of --out, otherwise svg."


def diagram(
    name: Name,
    variant: Variant = None,
    set_: Settings = None,
    input: InputSize = None,
    format: Annotated[DiagramFormat | None, typer.Option("--format", help=FORMAT_HELP, show_default=False)] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to this file.")] = None,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="How many levels of blocks to expand.")] = None,
    title: Title = None,
) -> None:
    """Draw a network: layers, branches and shortcuts, with shapes on the arrows.

    A convolution with its normalization and activation is one box. Repeated blocks are drawn once, with letters for
    the values that differ and a table of these values. SVG opens in any browser; GitHub and many editors draw
    Mermaid, and Graphviz draws DOT.
    """
    chosen = format or by_ending(out, ENDINGS, DiagramFormat.svg, "say --format")
    from cnnspec.engine.diagram import diagram as drawn

    found = graph(load_spec(name, variant, input, set_))
    if title is not None:
        found = replace(found, heading=title)
    text = drawn(found, chosen, depth)
    if out is None:
        write(text)
        return
    save(out, text)
    console().print(f"{printable(str(out))} is written")
