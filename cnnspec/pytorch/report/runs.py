"""Read a run folder for a report: settings, network, one row per epoch, and test figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.engine.files import mistake
from cnnspec.engine.network import Graph
from cnnspec.engine.safe_open import MOST_RECORD, MOST_ROWS, read_inside
from cnnspec.engine.spec import Spec
from cnnspec.pytorch.train.run_files import RunRecord, read_network, read_record, require_texts
from cnnspec.pytorch.train.run_folder import METRICS, RESULT
from cnnspec.pytorch.train.watch import Amount, Figures, Metrics, Number, Positive, Share

ROW = TypeAdapter(Metrics)


class EndedRun(BaseModel):
    """The fields of result.json that reports show; test figures are None if the run has not been tested."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    test_accuracy: Share | None = None
    test_loss: Number | None = None
    test_images: Positive | None = None
    validation_accuracy: Share | None = None
    validation_loss: Number | None = None
    validation_images: Positive | None = None
    epochs: Positive | None = None
    seconds: Amount | None = None
    device: str = ""
    processor: str = ""
    processes: Positive = 1
    threads: Positive | None = None
    torch: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> EndedRun:
        test = {self.test_accuracy is None, self.test_loss is None, self.test_images is None}
        if len(test) > 1:
            raise ValueError("`test_accuracy`, `test_loss` and `test_images` must appear together")
        return self

    @property
    def test(self) -> Figures | None:
        if self.test_accuracy is None or self.test_loss is None or self.test_images is None:
            return None
        correct = round(self.test_accuracy * self.test_images)
        return Figures(self.test_loss, correct, self.test_images, 0.0)

    @property
    def machine(self) -> str:
        """``Intel Xeon (cpu), 1 thread, torch 2.15.0``."""
        processor = f"{self.processor} ({self.device})" if self.processor else self.device
        threads = "" if self.threads is None else f"{self.threads} thread{'s' if self.threads != 1 else ''}"
        return ", ".join(filter(None, [processor, threads, self.torch and f"torch {self.torch}"]))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The contents of a run folder. ``ended`` is None if the run has not finished."""

    folder: Path
    record: RunRecord
    spec: Spec
    network: Graph
    rows: tuple[Metrics, ...]
    ended: EndedRun | None


def read_run(folder: Path) -> Run:
    """Read a run folder, finished or not. Raise CheckpointError if it is not a run folder or is damaged."""
    record = read_record(folder)
    spec, network = read_network(folder, record.spec)
    require_texts(folder, record)
    network = replace(network, name=record.spec.title)  # not the name of the spec's copy in the run folder
    return Run(folder, record, spec, network, _rows(folder / METRICS), _ended(folder / RESULT))


def _rows(path: Path) -> tuple[Metrics, ...]:
    """Return one row per finished epoch."""
    rows = []
    for number, line in enumerate((_read(path, MOST_ROWS) or b"").splitlines(), 1):
        try:
            row = ROW.validate_json(line, strict=True)
        except ValidationError as error:
            raise CheckpointError(f"{path} is damaged: line {number}: {mistake(error)}") from None
        if row.epoch != number:
            raise CheckpointError(f"{path} is damaged: line {number}: `epoch` is {row.epoch:,} instead of {number:,}")
        if (row.val_loss is None) != (row.val_accuracy is None):
            raise CheckpointError(
                f"{path} is damaged: line {number}: `val_loss` and `val_accuracy` must appear together"
            )
        rows.append(row)
    return tuple(rows)


def _ended(path: Path) -> EndedRun | None:
    data = _read(path, MOST_RECORD)
    try:
        return None if data is None else EndedRun.model_validate_json(data)
    except ValidationError as error:
        raise CheckpointError(f"{path} is damaged: {mistake(error)}") from None


def _read(path: Path, limit: int) -> bytes | None:
    try:
        return read_inside(path, limit)
    except FileNotFoundError:
        return None
