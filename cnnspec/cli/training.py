"""`cnnspec train` and `cnnspec eval`.

Torch and rich's progress are imported by the command that runs: `cnnspec check` starts without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnnspec.api import load
from cnnspec.cli.options import NAME, InputSize, Variant, parse_input, parse_settings
from cnnspec.cli.options import Settings as SetOptions
from cnnspec.cli.output import write
from cnnspec.data.names import DATA_NAMES
from cnnspec.diagnostics import UsageError
from cnnspec.spec import Spec
from cnnspec.train.settings import DEFAULT, Settings
from cnnspec.train.signals import Stop

if TYPE_CHECKING:
    from cnnspec.train import Result

SETTINGS = "settings.json"  # what a folder has in which a run was begun

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="The folder of the data files; downloads go there  [default: $CNNSPEC_DATA or a cache]",
    ),
]
Device = Annotated[
    str, typer.Option("--device", metavar="NAME", help="cpu, cuda, cuda:1, or auto: a GPU if there is one.")
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Go on with a run from its last checkpoint; with a NAME, begin it there if it is not begun.",
    ),
]


def train(
    context: typer.Context,
    name: Annotated[str | None, NAME] = None,
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
    save_every: Annotated[
        int | None,
        typer.Option("--save-every", metavar="STEPS", help="Save within epochs, too  [default: every ten minutes]"),
    ] = DEFAULT.save_every,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The run's folder  [default: runs/NAME-N]")
    ] = None,
    resume: Resume = None,
) -> None:
    """Train a network, and measure it once on the data set's own test part.

    The run's folder gets the spec, the settings, a line of metrics for each epoch, their curves, the weights, the
    checkpoints and the result. The same seed gives the same weights on the same machine. The last line printed is the
    test accuracy. Ctrl-C and SIGTERM save first; `--resume RUN` goes on to the same bits.
    """
    given = {
        "data": data,
        "data_dir": data_dir,
        "epochs": epochs,
        "lr": lr,
        "batch_size": batch_size,
        "validation": validation,
        "seed": seed,
        "device": device,
        "threads": threads,
        "workers": workers,
        "weights": weights,
        "save_every": save_every,
    }
    settings = Settings.of(**given)
    _require_one(name, resume, out, bool(variant or set_ or input))
    stop = Stop()
    with stop.listening():
        spec = None if name is None else load(name, variant, input=parse_input(input), **parse_settings(set_))
        if spec is not None and (resume is None or not (resume / SETTINGS).exists()):
            result = _begun(spec, settings, resume or out, stop)
        else:
            assert resume is not None
            stated = {key: value for key, value in given.items() if _is_stated(context, key)}
            result = _resumed(resume, spec, stated, stop)
    from cnnspec.cli.progress import test_line

    write(f"the run is in {result.folder}")
    write(test_line(result.test))


def _require_one(name: str | None, resume: Path | None, out: Path | None, altered: bool) -> None:
    """Refuse what would be left unheard."""
    if name is None and resume is None:
        raise UsageError("there is nothing to train", "name a spec, or a run with --resume")
    if name is None and altered:
        raise UsageError("--variant, --set and --input are of a spec, and none is named", "name it in front of them")
    if resume is not None and out is not None:
        raise UsageError("--resume names the run's folder, and so does --out", "leave --out away")


def _is_stated(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _begun(spec: Spec, settings: Settings, out: Path | None, stop: Stop) -> Result:
    from cnnspec.cli.progress import watcher

    with watcher(settings.epochs) as watch:
        from cnnspec.train import train  # torch, from here on

        return train(spec, settings, out, watch, stop)


def _resumed(run: Path, spec: Spec | None, stated: Mapping[str, Any], stop: Stop) -> Result:
    from cnnspec.cli.progress import watcher
    from cnnspec.train import resume
    from cnnspec.train.saved import read_record

    with watcher(read_record(run).training.epochs) as watch:
        return resume(run, watch, stop, spec, **stated)


def evaluate(run: Run, data_dir: DataDir = None, device: Device = DEFAULT.device) -> None:
    """Measure a run's weights on its data set's own test part.

    The last line printed is the test accuracy, as `train` printed it.
    """
    from cnnspec.cli.progress import Lines, test_line
    from cnnspec.train import evaluate as run_evaluation

    figures = run_evaluation(run, data_dir, device, Lines(0))
    write(test_line(figures))
