"""`cnnspec export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cnnspec.api import export as write_out
from cnnspec.api import load
from cnnspec.cli.options import InputSize, Name, Settings, Variant, parse_input, parse_settings
from cnnspec.cli.output import console, write


class Format(StrEnum):
    """What a network is exported to."""

    python = "python"
    onnx = "onnx"
    torch = "torch"


def export(
    name: Name,
    to: Annotated[Format, typer.Option("--to", help="python, onnx or torch.")] = Format.python,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to a file.")] = None,
    weights: Annotated[
        str | None, typer.Option("--weights", metavar="RUN|FILE", help="The weights of a run, or of a file.")
    ] = None,
    variant: Variant = None,
    set_: Settings = None,
    input: InputSize = None,
) -> None:
    """Write a network as Python source, as ONNX, or as a program of torch.export.

    `--to python` gives one file of plain PyTorch that needs no cnnspec: the same keys, outputs and initial weights. It
    is printed, or written to `--out`; with `--weights` these stand beside it as safetensors. `--to onnx` and
    `--to torch` write what evaluation computes, for batches of any size; without `--weights` the weights are new ones.
    ONNX needs `pip install 'cnnspec[onnx]'`.
    """
    spec = load(name, variant, input=parse_input(input), **parse_settings(set_))
    made = write_out(spec, to.value, out, weights=weights)
    if isinstance(made, str):
        write(made)
    else:
        console().print(f"{made} is written")
