"""`cnnspec import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cnnspec.cli.options import parse_input, value_of
from cnnspec.cli.output import console, save, say, write
from cnnspec.engine.diagnostics import UsageError, printable

Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET", help="my_module:Net, nets.py:Net, torchvision.models:resnet50, or an exported program.pt2."
    ),
]
Sizes = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="C,H,W",
        help="The size of its input, without the batch; of several arguments of `forward`, NAME=C,H,W NAME=C,H,W.",
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Option("--arg", metavar="[NAME=]VALUE", help="An argument of the class or function; can be repeated."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the spec to this file.")]


def import_(target: Target, input: Sizes = None, arg: Given = None, out: Out = None) -> None:
    """Write a PyTorch module as a spec. **This runs the module's code**: it is imported, built, and run once.

    Before the spec is printed, it is built and compared: it has the state-dict keys of the module and, with its
    weights, the same outputs in evaluation, bit for bit. If a spec cannot represent the module, the message shows
    the line of your code, and nothing is written.
    """
    from cnnspec.pytorch.importing import import_file, import_target

    if target.endswith(".pt2"):
        if input or arg:
            raise UsageError("an exported program already has its inputs and its module", "remove --input and --arg")
        made = import_file(Path(target))
    else:
        made = import_target(target, _inputs(input, target), *_arguments(arg or []))
    if out is None:
        write(made.text)
    else:
        save(out, made.text)
        say(f"{out} is written")
    for note in made.notes:
        console(stderr=True).print(printable(f"note: {note}"))


def _inputs(given: str | None, target: str) -> dict[str, tuple[int, ...]]:
    """The sizes of each input by name."""
    sizes = parse_input(given)
    if sizes is None:
        help = f"`cnnspec import {target} --input 3,224,224`: channels, height, width, without the batch"
        raise UsageError("--input says how large an input of the network is", help)
    return sizes if isinstance(sizes, dict) else {"input": sizes}


def _arguments(given: list[str]) -> tuple[list[Any], dict[str, Any]]:
    """Those without a name, and those with one."""
    alone = [value_of("--arg", text) for text in given if not _is_named(text)]
    named = (text.partition("=") for text in given if _is_named(text))
    return alone, {name: value_of(f"--arg {name}", value) for name, _, value in named}


def _is_named(text: str) -> bool:
    return text.partition("=")[0].isidentifier() and "=" in text
