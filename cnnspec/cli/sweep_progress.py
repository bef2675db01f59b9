"""What `cnnspec sweep` shows while it runs: lines, and on a terminal a table of the runs that is kept up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cnnspec.cli.output import console
from cnnspec.cli.sweep_plan import values_line
from cnnspec.engine.diagnostics import count, printable
from cnnspec.engine.sweep_file.model import flow
from cnnspec.pytorch.sweep.folder import FINAL, PointRecord
from cnnspec.pytorch.sweep.start import Planning
from cnnspec.pytorch.sweep.watch import SweepWatcher

STYLES = {"done": "green", "running": "cyan", "pruned": "yellow", "failed": "red", "left out": "dim", "waiting": "dim"}
MOST_ROWS = 40


@contextmanager
def watcher(planning: Planning) -> Iterator[SweepWatcher]:
    """Lines, or on a terminal a table."""
    if not console().is_terminal:
        yield SweepLines(planning)
        return
    table = Board(planning)
    with Live(table, console=console(), refresh_per_second=4):
        yield table


class SweepLines(SweepWatcher):
    """A line for each thing that happens."""

    def __init__(self, planning: Planning) -> None:
        self.planning = planning
        self.figure = planning.file.objective.figure
        self.records: dict[int, PointRecord] = {}

    def say(self, text: str) -> None:
        console().print(printable(text))

    def note(self, text: str) -> None:
        self.say(text)

    def known(self, records: Sequence[PointRecord]) -> None:
        self.records = {record.number: record for record in records}
        over = sum(record.status in FINAL for record in records)
        left = sum(record.status == "left out" for record in records)
        known = (
            f"{count(len(records), 'point')}, {left} left out, {over} done before" if records else "points are proposed"
        )
        self.say(f"{self.planning.title}: {known}")
        for record in records:
            if record.status == "left out":
                self.changed(record)

    def changed(self, record: PointRecord) -> None:
        self.records[record.number] = record
        self.say(f"{record.number:04}  {record.status}  {values_line(record.values)}{self.result(record)}")

    def result(self, record: PointRecord) -> str:
        parts = [f"{self.planning.file.objective} {record.objective:.4f}"] if record.objective is not None else []
        parts += [record.reason] if record.reason else []
        return "".join(f"  {part}" for part in parts)

    def epoch(self, record: PointRecord, row: Mapping[str, Any]) -> None:
        self.records[record.number] = record
        value = row.get(self.figure)
        self.say(f"{record.number:04}  epoch {row['epoch']}  {self.figure} {value:.4f}")


class Board(SweepLines):
    """A table of all runs; what is to be known stands above it."""

    def __rich__(self) -> RenderableType:
        axes = [axis.name for axis in self.planning.file.axes]
        table = Table(box=None, pad_edge=False)
        table.add_column("", no_wrap=True)
        for axis in axes:
            table.add_column(_cut(axis.rpartition(".")[2]), justify="right")
        for name in ("epochs", self.figure):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("")
        records = sorted(self.records.values(), key=lambda r: (r.status not in ("running",), r.number))
        for record in sorted(records[:MOST_ROWS], key=lambda r: r.number):
            values = [_cut(flow(record.values[axis])) if axis in record.values else "" for axis in axes]
            last = f"{record.reports[-1]:.4f}" if record.reports else ""
            status = _cut(f"{record.status}{': ' + record.reason if record.reason else ''}", STYLES[record.status])
            table.add_row(str(record.number), *values, str(len(record.reports) or ""), last, status)
        more = len(records) - MOST_ROWS
        return Group(table, Text(f"and {more} more")) if more > 0 else table

    def changed(self, record: PointRecord) -> None:
        self.records[record.number] = record

    def epoch(self, record: PointRecord, row: Mapping[str, Any]) -> None:
        self.records[record.number] = record

    def known(self, records: Sequence[PointRecord]) -> None:
        self.records = {record.number: record for record in records}


def _cut(text: str, style: str = "") -> Text:
    """A cell that gives way where the terminal is narrow; numbers do not."""
    return Text(printable(text), style, no_wrap=True, overflow="ellipsis")
