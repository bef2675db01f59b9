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
VERIFY_HELP = "Build the Python source with torch, and compare keys, initial weights and outputs to the bit."
TO_HELP = "What to write it as; by default what the ending of --out says, and else python."


def export(
    name: Name,
    to: Annotated[ExportFormat | None, typer.Option("--to", help=TO_HELP, show_default=False)] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to a file.")] = None,
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="RUN|FILE|NAME", help="Its weights: torchvision:NAME, or a path."),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help=VERIFY_HELP)] = False,
    variant: Variant = None,
    set_: Settings = None,
    input: InputSize = None,
) -> None:
    """Write a network as Python source, as ONNX, or as a program of torch.export.

    `--to python` gives one file of plain PyTorch that needs no cnnspec: the same keys, outputs and initial weights. It
    is printed, or written to `--out`; with `--weights` these stand beside it as safetensors. Before it is written its
    dataflow is compared with the network's, with `--verify` its outputs as well. `--to onnx` and
    `--to torch` write what evaluation computes, for batches of any size; without `--weights` the weights are new ones.
    ONNX needs `pip install 'cnnspec[onnx]'`.
    """
    chosen = to or by_ending(out, ENDINGS, ExportFormat.python, "say --to")
    spec = load_spec(name, variant, input, set_)
    made = write_out(spec, chosen, out, weights=weights, on_verified=console(stderr=True).print if verify else None)
    if isinstance(made, str):
        write(made)
    else:
        console().print(f"{printable(str(made))} is written")
