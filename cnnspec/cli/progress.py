"""What `train` and `eval` show while they run: lines, and on a terminal a bar below them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from cnnspec.cli.output import console
from cnnspec.engine.diagnostics import printable
from cnnspec.pytorch.train.watch import Figures, Metrics, Progress, Watcher, epoch_line, percent


def measured_line(part: str, figures: Figures) -> str:
    return f"{part} accuracy {percent(figures.accuracy)}"


@contextmanager
def watcher(epochs: int) -> Iterator[Watcher]:
    """Lines, and on a terminal a bar below them."""
    if not console().is_terminal:
        yield ProgressLines(epochs)
        return
    columns = (TextColumn("epoch {task.fields[epoch]}"), BarColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=console(), transient=True) as bar:
        yield Live(epochs, bar)


class ProgressLines(Watcher):
    """A line for each note and for each epoch."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def note(self, text: str) -> None:
        console().print(printable(text))

    def epoch(self, metrics: Metrics) -> None:
        console().print(f"epoch {self.counted(metrics.epoch)}  {epoch_line(metrics)}")

    def counted(self, epoch: int) -> str:
        return f"{epoch:>{len(str(self.epochs))}}/{self.epochs}"


class Live(ProgressLines):
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
