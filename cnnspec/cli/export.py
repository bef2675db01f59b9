"""`cnnspec export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cnnspec.api import export as write_out
from cnnspec.cli.options import InputSize, Name, Settings, Variant
from cnnspec.cli.output import by_ending, console, write
from cnnspec.cli.specs import load_spec
from cnnspec.engine.diagnostics import printable


class ExportFormat(StrEnum):
    """What a network is exported to."""

    python = "python"
    onnx = "onnx"
    torch = "torch"


ENDINGS = {".py": ExportFormat.python, ".onnx": ExportFormat.onnx, ".pt2": ExportFormat.torch}
VERIFY_HELP = "Build the Python source with torch and compare keys, initial weights and outputs, bit for bit."
TO_HELP = "The format; by default from the file extension of --out, otherwise python."


def export(
    name: Name,
    to: Annotated[ExportFormat | None, typer.Option("--to", help=TO_HELP, show_default=False)] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to this file.")] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", metavar="RUN|FILE|NAME", help="Weights: torchvision:NAME, or the path of a file or run."
        ),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help=VERIFY_HELP)] = False,
    variant: Variant = None,
    set_: Settings = None,
    input: InputSize = None,
) -> None:
    """Write a network as Python source, as ONNX, or as a program of torch.export.

    `--to python` writes one file of plain PyTorch that does not need cnnspec and has the same keys, outputs and
    initial weights. It is printed, or written to `--out`; `--weights` adds a safetensors file next to it. cnnspec
    compares the dataflow of the source with the network before it writes the file, and with `--verify` also the
    outputs. `--to onnx` and `--to torch` write the network in evaluation mode for batches of any size; without
    `--weights` the weights are new. ONNX needs `pip install 'cnnspec[onnx]'`.
    """
    chosen = to or by_ending(out, ENDINGS, ExportFormat.python, "say --to")
    spec = load_spec(name, variant, input, set_)
    made = write_out(spec, chosen, out, weights=weights, on_verified=console(stderr=True).print if verify else None)
    if isinstance(made, str):
        write(made)
    else:
        console().print(f"{printable(str(made))} is written")
