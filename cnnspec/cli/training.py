"""`cnnspec train` and `cnnspec eval`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from cnnspec.api import load
from cnnspec.cli.options import InputSize, Name, Variant, parse_input, parse_settings
from cnnspec.cli.options import Settings as SetOptions
from cnnspec.cli.output import console, write
from cnnspec.train.settings import DATA_NAMES, DEFAULT, Settings
from cnnspec.train.watch import Figures, Metrics, Progress, Watcher

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="DIR", help="Where the data files are, or go  [default: $CNNSPEC_DATA or a cache]"
    ),
]
Device = Annotated[
    str, typer.Option("--device", metavar="NAME", help="cpu, cuda, cuda:1, or auto: a GPU if there is one.")
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]


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
    )
    spec = load(name, variant, input=parse_input(input), **parse_settings(set_))
    with interruptible(), watcher(settings.epochs) as watch:
        from cnnspec.train import train as run_training  # torch, from here on

        result = run_training(spec, settings, out, watch)
    write(f"the run is in {result.folder}")
    write(test_line(result.test))


def evaluate(run: Run, data_dir: DataDir = None, device: Device = DEFAULT.device) -> None:
    """Measure a run's weights on its data set's own test part.

    The last line printed is the test accuracy, as `train` printed it.
    """
    with interruptible():
        from cnnspec.train import evaluate as run_evaluation

        figures = run_evaluation(run, data_dir, device, Lines(epochs=0))
    write(test_line(figures))


def test_line(test: Figures) -> str:
    return f"test accuracy {percent(test.accuracy)}"


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends the command with the shell's code for it; what is written stays."""
    try:
        yield
    except KeyboardInterrupt:
        console(stderr=True).print("interrupted; what the run's folder holds is kept")
        raise typer.Exit(130) from None


@contextmanager
def watcher(epochs: int) -> Iterator[Watcher]:
    """Lines, and on a terminal a bar below them."""
    if not console().is_terminal:
        yield Lines(epochs)
        return
    columns = (TextColumn("epoch {task.fields[epoch]}"), BarColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=console(), transient=True) as bar:
        yield Live(epochs, bar)


class Lines(Watcher):
    """A line for each note and for each epoch."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def note(self, text: str) -> None:
        console().print(text)

    def epoch(self, metrics: Metrics) -> None:
        console().print(f"epoch {self.counted(metrics.epoch)}  {epoch_line(metrics)}")

    def counted(self, epoch: int) -> str:
        return f"{epoch:>{len(str(self.epochs))}}/{self.epochs}"


class Live(Lines):
    """The same, with a bar that shows how far the epoch is."""

    def __init__(self, epochs: int, bar: Bar) -> None:
        super().__init__(epochs)
        self.bar = bar
        self.task: TaskID = bar.add_task("", epoch=self.counted(1), visible=False)

    def progress(self, progress: Progress) -> None:
        now = progress.figures
        text = f"loss {now.loss:.4f}  accuracy {percent(now.accuracy)}  {now.images_per_s:,.0f} images/s"
        self.bar.update(
            self.task,
            completed=now.images,
            total=progress.total,
            description=text,
            epoch=self.counted(progress.epoch),
            visible=True,
        )


def epoch_line(metrics: Metrics) -> str:
    """``loss 0.1234  accuracy 96.10 %  validation loss 0.1100  accuracy 96.80 %  12,345 images/s``."""
    parts = [f"loss {metrics.train_loss:.4f}  accuracy {percent(metrics.train_accuracy)}"]
    if metrics.val_loss is not None and metrics.val_accuracy is not None:
        parts.append(f"validation loss {metrics.val_loss:.4f}  accuracy {percent(metrics.val_accuracy)}")
    return "  ".join([*parts, f"{metrics.images_per_s:,.0f} images/s"])
