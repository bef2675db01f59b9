"""`cnnspec report`, and how a report is written and printed.

Torch and matplotlib are imported by the command that runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cnnspec.cli.output import console
from cnnspec.cli.tables import print_fitting
from cnnspec.engine.diagnostics import printable

if TYPE_CHECKING:
    from cnnspec.pytorch.report import Study
    from cnnspec.pytorch.report.blocks import ReportTable as Shown

EXPENDABLE = ("training", "MACs", "params", "epochs", "seeds")  # columns that a narrow terminal goes without


def report(
    sweep: Annotated[Path, typer.Argument(metavar="SWEEP", help="The folder of a sweep, finished or running.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder of the report  [default: SWEEP/report]")
    ] = None,
) -> None:
    """Write the report of a sweep: a self-contained HTML page, and Markdown with PNG and SVG.

    It shows the best settings, the test set, curves over epochs, heat maps and parallel coordinates, accuracy
    against cost, the spread over seeds, every run, and the failed and skipped points. Points are chosen by
    validation; test results are shown only for the chosen points.
    """
    from cnnspec.pytorch.report import study_of_sweep

    write(study_of_sweep(sweep), out or sweep / "report")


def write(study: Study, folder: Path) -> None:
    """The best settings on the terminal, the report in its folder."""
    from cnnspec.pytorch.report import document, write_report
    from cnnspec.pytorch.report.tables import best
    from cnnspec.pytorch.report.write import require_free

    require_free(folder)
    if study.ranked:
        _print_best(best(study))
    for note in study.notes:
        console().print(printable(note))
    for path in write_report(document(study), folder):
        console().print(printable(f"{path} is written"))


def _print_best(shown: Shown) -> None:
    """The settings in the columns that fit; axes and the measure always stay."""
    headings = [column.heading for column in shown.columns]
    print_fitting(
        lambda names: _table(shown, names),
        headings,
        [heading for heading in EXPENDABLE if headings.count(heading) == 1],
        "the report has all columns",
    )


def _table(shown: Shown, headings: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    kept = [i for i, column in enumerate(shown.columns) if column.heading in headings]
    for column in (shown.columns[i] for i in kept):
        table.add_column(Text(printable(column.heading)), justify="left" if column.left else "right", no_wrap=True)
    for row in shown.rows:
        table.add_row(*(Text(printable(row[i])) for i in kept))
    return table
