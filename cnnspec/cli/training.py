"""`cnnspec train`.

Torch and rich's progress are imported by the command that runs: `cnnspec check` starts without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnspec.api import load
from cnnspec.cli.options import DataDir, Device, InputSize, Name, Variant, parse_input, parse_settings
from cnnspec.cli.options import Settings as SetOptions
from cnnspec.cli.output import write
from cnnspec.data.names import DATA_NAMES
from cnnspec.train.settings import DEFAULT, Settings


def train(
    name: Name,
    variant: Variant = None,
    set_: SetOptions = None,
    input: InputSize = None,
    data: Annotated[str, typer.Option("--data", metavar="NAME", help=f"{', '.join(DATA_NAMES)}.")] = DEFAULT.data,
    data_dir: DataDir = None,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the training images.")] = DEFAULT.epochs,
    lr: Annotated[float, typer.Option("--lr", help="Adam's learning rate.")] = DEFAULT.lr,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Images a step.")] = DEFAULT.batch_size,
    validation: Annotated[
        float, typer.Option("--validation", help="Share of the training images that is held back to watch.")
    ] = DEFAULT.validation,
    seed: Annotated[int, typer.Option("--seed", help="Decides weights, order and dropout.")] = DEFAULT.seed,
    device: Device = DEFAULT.device,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            metavar="N",
            help="CPU threads  [default: torch's own choice]",
        ),
    ] = DEFAULT.threads,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", help="Processes that read the images of a folder.")
    ] = DEFAULT.workers,
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="RUN|FILE|NAME", help="Weights to start from: torchvision:NAME, or a path."),
    ] = DEFAULT.weights,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write events for TensorBoard, too, into the run's folder.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The run's folder  [default: runs/NAME-N]")
    ] = None,
) -> None:
    """Train a network, and measure it once on the data set's own test part.

    The run's folder gets the spec, the settings, a line of metrics for each epoch, their curves, the weights and the
    result. The same seed gives the same weights on the same machine. The last line printed is the test accuracy.
    """
    settings = Settings.of(
        data=data,
        data_dir=data_dir,
        epochs=epochs,
        lr=lr,
        batch_size=batch_size,
        validation=validation,
        seed=seed,
        device=device,
        threads=threads,
        workers=workers,
        weights=weights,
    )
    spec = load(name, variant, input=parse_input(input), **parse_settings(set_))
    from cnnspec.cli.progress import test_line, watcher
    from cnnspec.seeing.tensorboard import events

    with watcher(settings.epochs) as lines, events(lines, wanted=tensorboard) as watch:
        from cnnspec.train import train as run_training  # torch, from here on

        result = run_training(spec, settings, out, watch)
    write(f"the run is in {result.folder}")
    write(test_line(result.test))
