"""`cnnspec features`.

Torch and matplotlib are imported by the command that runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnspec.cli.options import IMAGE, DataDir, Device, Invert, Run
from cnnspec.cli.output import console
from cnnspec.engine.diagnostics import printable
from cnnspec.engine.files import put


def features(
    run: Run,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help=IMAGE)],
    layer: Annotated[str, typer.Option("--layer", metavar="KEY", help="The layer, by its key in `cnnspec summary`.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The picture  [default: features-KEY.png]")
    ] = None,
    invert: Invert = False,
    data_dir: DataDir = None,
    device: Device = "auto",
) -> None:
    """Draw the feature maps of a layer for an image, as PNG.

    In each map, black is its smallest value and white its largest; the image comes first.
    """
    from cnnspec.cli.progress import ProgressLines
    from cnnspec.pytorch.evaluate import features as run_features
    from cnnspec.pytorch.evaluate import open_run
    from cnnspec.pytorch.evaluate.image import Images

    opened = open_run(run, device)
    found = run_features(opened, Images(opened, data_dir, ProgressLines(0).note, invert=invert).get(image), layer)
    from cnnspec.pytorch.evaluate.pictures import maps

    path = out or Path(f"features-{layer}.png")
    put(path, maps(found, opened.title))
    console().print(printable(f"{path} is written: {found.maps.shape[0]} maps of `{layer}`"))
