"""`cnnspec eval`, `cnnspec predict` and `cnnspec features`: a run, looked at.

Torch and matplotlib are imported by the command that runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnnspec.cli.options import DataDir, Device
from cnnspec.cli.output import console, save, say, show_error
from cnnspec.cli.tables import print_table, table_width, width_of
from cnnspec.engine.diagnostics import CnnspecError, printable
from cnnspec.engine.files import make_folder, put

if TYPE_CHECKING:
    from cnnspec.pytorch.evaluate import Evaluation, Prediction

SQUARE = 12  # classes up to which the terminal shows their confusion
READABLE = 120  # characters of a line of the confusion, wherever it goes
WORST = 10  # of more classes than that, those that are shown
Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
IMAGE = "The path of an image, or test:17 for one of the run's own test images."
Invert = Annotated[bool, typer.Option("--invert", help="Turn black into white: for dark strokes on light paper.")]


def evaluate(
    run: Run,
    data_dir: DataDir = None,
    device: Device = "auto",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the pictures go  [default: RUN]")
    ] = None,
) -> None:
    """Measure a run's weights on its data set's own test part, or on the validation part where there is no test part.

    Precision and recall of each class and what was taken for what are printed; the pictures confusion.png and
    mistakes.png, which shows the worst mistakes, and evaluation.json are written. The last line printed is the test
    accuracy, as `train` printed it.
    """
    from cnnspec.cli.progress import Lines, measured_line
    from cnnspec.pytorch.evaluate import evaluate as run_evaluation

    evaluation = run_evaluation(run, data_dir, device, Lines(0))
    print_table(_classes(evaluation))
    if len(evaluation.opened.classes) <= SQUARE:
        print_table(_confusion(evaluation))
    for path in _written(evaluation, out or run):
        console().print(printable(f"{path} is written"))
    say(measured_line(evaluation.part, evaluation.figures))


def _classes(evaluation: Evaluation) -> Table:
    """Precision and recall; of many classes, those that are found least."""
    rows = evaluation.classes
    title = "class"
    if len(rows) > SQUARE:
        rows = sorted(rows, key=lambda row: 2 if row.recall is None else row.recall)[:WORST]
        title = f"class ({WORST} with the lowest recall)"
    table = Table(title, "images", "precision", "recall", box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(printable(row.name), f"{row.images:,}", _share(row.precision), _share(row.recall))
    return table


def _share(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"


def _confusion(evaluation: Evaluation) -> Table:
    """Rows are what images are, columns what they were taken for: by name where names fit, else by a row's number."""
    names = list(map(printable, evaluation.opened.classes))
    rows = [[f"{number:,}" if number else "·" for number in row] for row in evaluation.confusion.tolist()]
    table = _crossed("taken for", names, names, rows)
    if width_of(table) <= min(table_width() or READABLE, READABLE):
        return table
    numbers = [str(number) for number in range(len(names))]
    numbered = [f"{number:>{len(numbers[-1])}} {name}" for number, name in enumerate(names)]
    return _crossed("taken for", numbered, numbers, rows)


def _crossed(title: str, names: Sequence[str], headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title, *headings, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for column in table.columns:
        column.no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for name, row in zip(names, rows, strict=True):
        table.add_row(name, *row)
    return table


def _written(evaluation: Evaluation, folder: Path) -> list[Path]:
    """The files beside the figures. Raises OutputError."""
    from cnnspec.pytorch.evaluate import pictures

    make_folder(folder)
    save(folder / "evaluation.json", json.dumps(evaluation.as_json(), indent=2, ensure_ascii=False) + "\n")
    drawn = {"confusion.png": pictures.confusion(evaluation), "mistakes.png": pictures.mistakes(evaluation)}
    for name, data in drawn.items():
        if data is not None:
            put(folder / name, data)
    return [folder / "evaluation.json", *(folder / name for name, data in drawn.items() if data is not None)]


def predict(
    run: Run,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help=IMAGE)],
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="How many classes to name.")] = 3,
    invert: Invert = False,
    data_dir: DataDir = None,
    device: Device = "auto",
) -> None:
    """Say what a run takes images for.

    A file is resized until it covers the network's input, and its centre is taken; it is seen in grey or in colours, as
    the network takes them. Each line names the likeliest classes with their probabilities. An image that cannot be read
    is reported, and the others are predicted.
    """
    from cnnspec.cli.progress import Lines
    from cnnspec.pytorch.evaluate import open_run
    from cnnspec.pytorch.evaluate import predict as run_prediction
    from cnnspec.pytorch.evaluate.image import Images

    opened = open_run(run, device)
    given = Images(opened, data_dir, Lines(0).note, invert=invert)
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
    """Draw the maps that a layer gives for an image, as PNG.

    Each map runs from its own smallest value, black, to its largest, white; the image stands before them.
    """
    from cnnspec.cli.progress import Lines
    from cnnspec.pytorch.evaluate import features as run_features
    from cnnspec.pytorch.evaluate import open_run
    from cnnspec.pytorch.evaluate.image import Images

    opened = open_run(run, device)
    found = run_features(opened, Images(opened, data_dir, Lines(0).note, invert=invert).get(image), layer)
    from cnnspec.pytorch.evaluate.pictures import maps

    path = out or Path(f"features-{layer}.png")
    put(path, maps(found, opened.title))
    console().print(printable(f"{path} is written: {found.maps.shape[0]} maps of `{layer}`"))
