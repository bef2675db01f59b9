"""`cnnspec predict`.

Torch and matplotlib are imported by the command that runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnnspec.cli.options import IMAGE, DataDir, Device, Invert, Run
from cnnspec.cli.output import say, show_error
from cnnspec.engine.diagnostics import CnnspecError, printable

if TYPE_CHECKING:
    from cnnspec.pytorch.evaluate import Prediction


def predict(
    run: Run,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help=IMAGE)],
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="How many classes to print.")] = 3,
    invert: Invert = False,
    data_dir: DataDir = None,
    device: Device = "auto",
) -> None:
    """Classify images with a trained run.

    Images are resized and center-cropped to the network's input, and converted to grayscale or color as the network
    needs. Each line gives the most likely classes with their probabilities. An image that cannot be read is reported,
    and the others are classified.
    """
    from cnnspec.cli.progress import ProgressLines
    from cnnspec.pytorch.evaluate import open_run
    from cnnspec.pytorch.evaluate import predict as run_prediction
    from cnnspec.pytorch.evaluate.image import Images

    opened = open_run(run, device)
    given = Images(opened, data_dir, ProgressLines(0).note, invert=invert)
    found, code = [], 0
    for name in images:
        try:
            found.append(given.get(name))
        except CnnspecError as error:  # of one image, which leaves the others
            show_error(error)
            code = max(code, error.exit_code)
    for prediction in run_prediction(opened, found, top) if found else ():
        say(_line(prediction))
    if code:
        raise typer.Exit(code)


def _line(prediction: Prediction) -> str:
    likely = "  ".join(f"{printable(name)} {100 * probability:.2f} %" for name, probability in prediction.classes)
    known = f"  (it is {printable(prediction.label)})" if prediction.label is not None else ""
    return f"{printable(prediction.name)}: {likely}{known}"
