"""`cnnspec layers`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnnspec.cli.output import console
from cnnspec.cli.tables import print_table
from cnnspec.engine.describe import about, default_words, reference
from cnnspec.engine.diagnostics import UsageError, did_you_mean
from cnnspec.engine.layers import FAMILIES, REGISTRY, Layer
from cnnspec.engine.plugins import load_offered, origin
from cnnspec.engine.spec import Block, builtin_blocks
from cnnspec.engine.spec.validation_errors import argument_words


def layers(
    type: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="A layer type or a built-in block.")] = None,
) -> None:
    """List all layers and built-in blocks, or show the arguments of a layer or the definition of a block.

    Layers from plugins and installed packages are listed separately, with their source.
    """
    load_offered(builtin_blocks(), None if type is None else [type])
    if type is None:
        _list()
    elif type in REGISTRY:
        _show_layer(type, REGISTRY[type])
    elif type in builtin_blocks():
        _show_block(builtin_blocks()[type])
    else:
        near = did_you_mean(type, [*REGISTRY, *builtin_blocks()])
        raise UsageError(f"no layer or block is called `{type}`", near or "`cnnspec layers` lists all of them")


def _list() -> None:
    for family, module in FAMILIES.items():
        table = _table(family, "")
        for name, layer in REGISTRY.items():
            if layer.__module__ == module.__name__:
                table.add_row(name, _first_line(layer))
        print_table(table)
    table = _table("blocks", "")
    for name, block in builtin_blocks().items():
        table.add_row(name, block.description)
    print_table(table)
    _list_plugins()


def _list_plugins() -> None:
    """Layers that are not cnnspec's own, where there are any."""
    table = _table("plugins", "", "from")
    for name, layer in REGISTRY.items():
        place = origin(layer)
        if place:
            table.add_row(name, _first_line(layer), place.words)
    if table.row_count:
        print_table(table)


def _table(*headings: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(heading, no_wrap=i == 0, min_width=20 if i == 0 and len(headings) == 2 else None)
    return table


def _first_line(layer: type[Layer]) -> str:
    return about(layer).split("\n")[0]


def _show_layer(name: str, layer: type[Layer]) -> None:
    console().print(f"{name}: {about(layer)}")
    if not layer.model_fields:
        console().print("\nIt takes no arguments.")
    else:
        table = _table("argument", "default", "takes")
        for argument in layer.model_fields:
            table.add_row(argument, default_words(layer, argument), argument_words(layer, argument))
        print_table(table)
    if reference(layer):
        console().print(f"As in {reference(layer)}")
    if place := origin(layer):
        console().print(f"From {place.words}")


def _show_block(block: Block) -> None:
    """The block's own text, as it stands in its file."""
    lines = block.source.lines[block.name.span.line - 1 :]
    indent = block.name.span.column - 1
    ends = (i for i, line in enumerate(lines) if i and line.strip() and len(line) - len(line.lstrip()) <= indent)
    body = lines[: next(ends, len(lines))]
    console().print("\n".join(line[indent:] for line in body).rstrip())
