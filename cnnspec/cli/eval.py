"""`cnnspec eval`.

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

from cnnspec.cli.options import DataDir, Device, Run
from cnnspec.cli.output import console, save, say
from cnnspec.cli.tables import print_table, table_width, width_of
from cnnspec.engine.diagnostics import printable
from cnnspec.engine.files import make_folder, put

if TYPE_CHECKING:
    from cnnspec.pytorch.evaluate import Evaluation

SQUARE = 12  # classes up to which the terminal shows their confusion
READABLE = 120  # characters of a line of the confusion, wherever it goes
WORST = 10  # of more classes than that, those that are shown


def evaluate(
    run: Run,
    data_dir: DataDir = None,
    device: Device = "auto",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder for the pictures  [default: RUN]")
    ] = None,
) -> None:
    """Evaluate a run on the test set, or on the validation split if there is no test set.

    Print the precision and recall of each class and the confusion matrix; write confusion.png, mistakes.png with
    the worst mistakes, and evaluation.json. The last line printed is the test accuracy, as `train` printed it.
    """
    from cnnspec.cli.progress import ProgressLines, measured_line
    from cnnspec.pytorch.evaluate import evaluate as run_evaluation

    evaluation = run_evaluation(run, data_dir, device, ProgressLines(0))
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
