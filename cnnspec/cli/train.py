"""`cnnspec train`.

Torch and rich's progress are imported by the command that runs: `cnnspec check` starts without them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnnspec.api import load
from cnnspec.cli.options import NAME, DataDir, InputSize, Variant, parse_input
from cnnspec.cli.output import say
from cnnspec.cli.recipe_options import of_spec_and_recipe
from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.recipe import Recipe, load_recipe
from cnnspec.engine.recipe.data_names import DATA_NAMES
from cnnspec.engine.recipe.overrides import tree_of, with_settings
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.train.launch import joined
from cnnspec.pytorch.train.run_folder import is_begun
from cnnspec.pytorch.train.signals import Stop
from cnnspec.rank import is_restarted, rank

if TYPE_CHECKING:
    from cnnspec.pytorch.train import Result

Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Continue a run from its last checkpoint; with a NAME, start it there if it does not exist.",
    ),
]


def _flag(key: str, metavar: str | None = None, help: str = "") -> Any:
    """Return the option that sets a key of the recipe; its help is the description of the key."""
    text = help or Recipe.model_fields[key].description
    return typer.Option(f"--{key.replace('_', '-')}", metavar=metavar, help=text)


def train(
    name: Annotated[str | None, NAME] = None,
    variant: Variant = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", metavar="NAME|FILE", help="A shipped recipe, or the path of a recipe."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Set a param of the spec, for example dropout=0.2, or a setting of the recipe, for example "
            "optimizer.Adam.lr=0.001; can be repeated.",
        ),
    ] = None,
    input: InputSize = None,
    data: Annotated[str | None, _flag("data", "NAME", f"{', '.join(DATA_NAMES)}.")] = None,
    data_dir: DataDir = None,
    epochs: Annotated[int | None, _flag("epochs")] = None,
    lr: Annotated[float | None, _flag("lr", help="The learning rate of the optimizer.")] = None,
    batch_size: Annotated[int | None, _flag("batch_size")] = None,
    validation: Annotated[float | None, _flag("validation")] = None,
    seed: Annotated[int | None, _flag("seed")] = None,
    device: Annotated[str | None, _flag("device", "NAME")] = None,
    threads: Annotated[int | None, _flag("threads", "N")] = None,
    workers: Annotated[int | None, _flag("workers", "N")] = None,
    weights: Annotated[str | None, _flag("weights", "RUN|FILE|NAME")] = None,
    save_every: Annotated[int | None, _flag("save_every", "STEPS")] = None,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write TensorBoard events to the run folder.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder of the run  [default: runs/NAME-N]")
    ] = None,
    resume: Resume = None,
) -> None:
    """Train a network, then evaluate it once on the test set.

    The recipe says how to train; options override the recipe, or the defaults if there is no recipe. The run folder
    gets the spec, the recipe, metrics for each epoch, their curves, the weights, the checkpoints and the result.
    The same seed gives the same weights on the same machine. The last line printed is the test accuracy, or the
    validation accuracy if there is no test set. Ctrl-C and SIGTERM save a checkpoint first; `--resume RUN`
    continues and gives the same weights, bit for bit.
    """
    flags = {
        "data": data,
        "data_dir": data_dir,
        "epochs": epochs,
        "optimizer.lr": lr,
        "batch_size": batch_size,
        "validation": validation,
        "seed": seed,
        "device": device,
        "threads": threads,
        "workers": workers,
        "weights": weights,
        "save_every": save_every,
    }
    params, settings = of_spec_and_recipe(set_, flags)
    asked = load_recipe(recipe, settings)
    _require_one(name, resume, out, bool(variant or params or input))
    stop = Stop()
    run = resume or (out if is_restarted() else None)  # which may be begun
    with stop.listening():
        spec = None if name is None else load(name, variant, input=parse_input(input), **params)
        with joined() as world:
            goes_on = run is not None and world.written(partial(is_begun, run))
            if spec is not None and not goes_on:
                result = _begun(spec, asked, resume or out, stop, tensorboard=tensorboard)
            else:
                assert run is not None
                from cnnspec.pytorch.train.run_files import read_record  # torch, from here on

                asked = asked if recipe else with_settings(tree_of(read_record(run).training), settings)
                result = _resumed(run, spec, asked, stop, tensorboard=tensorboard)
    if rank() == 0:
        from cnnspec.cli.progress import measured_line

        say(f"the run is in {result.folder}")
        assert result.measured is not None
        say(measured_line(*result.measured))


def _require_one(name: str | None, resume: Path | None, out: Path | None, altered: bool) -> None:
    """Refuse what would be left unheard."""
    if name is None and resume is None:
        raise UsageError("there is nothing to train", "name a spec, or a run with --resume")
    if name is None and altered:
        raise UsageError("--variant, --set and --input are of a spec, and none is named", "put it before the options")
    if resume is not None and out is not None:
        raise UsageError("--resume names the run's folder, and so does --out", "remove --out")


def _begun(spec: Spec, recipe: Recipe, out: Path | None, stop: Stop, *, tensorboard: bool) -> Result:
    from cnnspec.cli.progress import watcher
    from cnnspec.pytorch.evaluate.tensorboard import events

    with watcher(recipe.epochs) as lines, events(lines, wanted=tensorboard) as watch:
        from cnnspec.pytorch.train import train  # torch, from here on

        return train(spec, recipe, out, watch, stop)


def _resumed(run: Path, spec: Spec | None, recipe: Recipe, stop: Stop, *, tensorboard: bool) -> Result:
    from cnnspec.cli.progress import watcher
    from cnnspec.pytorch.evaluate.tensorboard import events
    from cnnspec.pytorch.train import resume

    with watcher(recipe.epochs) as lines, events(lines, wanted=tensorboard) as watch:
        return resume(run, watch, stop, spec, recipe)
