"""The epochs of a run as events for TensorBoard, in the folder ``tensorboard`` of the run.

cnnspec train … --tensorboard          pip install 'cnnspec[tensorboard]'
tensorboard --logdir runs
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from cnnspec.engine.diagnostics import OutputError, UsageError
from cnnspec.engine.files import refuse_link, writing
from cnnspec.pytorch.train.watch import Metrics, Progress, Watcher

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"


class TensorBoard(Watcher):
    """Writes what it hears, and passes it on to another watcher."""

    def __init__(self, other: Watcher) -> None:
        self.other = other
        self.writer: SummaryWriter | None = None

    def started(self, run: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.other.started(run)
        refuse_link(run / FOLDER)
        with writing(run / FOLDER):
            self.writer = SummaryWriter(str(run / FOLDER), filename_suffix=f".{token_hex(8)}")

    def note(self, text: str) -> None:
        self.other.note(text)

    def progress(self, progress: Progress) -> None:
        self.other.progress(progress)

    def epoch(self, metrics: Metrics) -> None:
        """A point on each curve; training and validation share a chart."""
        values = {
            "loss/training": metrics.train_loss,
            "loss/validation": metrics.val_loss,
            "accuracy/training": metrics.train_accuracy,
            "accuracy/validation": metrics.val_accuracy,
            "images_per_s": metrics.images_per_s,
        }
        if self.writer:
            with writing(Path(self.writer.log_dir)):
                for name, value in values.items():
                    if value is not None:
                        self.writer.add_scalar(name, value, metrics.epoch)
                self.writer.flush()
        self.other.epoch(metrics)

    def close(self) -> None:
        if self.writer:
            with writing(Path(self.writer.log_dir)):
                self.writer.close()


@contextmanager
def events(watch: Watcher, *, wanted: bool) -> Iterator[Watcher]:
    """The watcher, with events beside it where they are wanted. Raises UsageError where TensorBoard is not there."""
    if not wanted:
        yield watch
        return
    if find_spec("tensorboard") is None:
        raise UsageError("--tensorboard needs tensorboard, which is not installed: pip install 'cnnspec[tensorboard]'")
    board = TensorBoard(watch)
    try:
        yield board
    except BaseException:
        with suppress(OutputError):  # of a folder that is gone, which is not what has ended the run
            board.close()
        raise
    board.close()
