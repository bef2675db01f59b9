"""The folder of a sweep: what it follows from, and what became of each point.

    SWEEP/
    ├── sweep.yaml            the text of the sweep file, as it was
    ├── sweep.json            Plan: what else it follows from, and the points that are known, priced
    ├── study.sqlite3         Optuna's study, unless --storage names another: who runs what, what samplers learn from
    ├── points/0003.json      Record: what became of a point; the study is made anew from these where it is damaged
    ├── points/0003.log       what its run printed
    ├── points/0003/          its run, an ordinary run folder
    ├── starts/               the wall time of each start: cnnspec.pytorch.sweep.clock
    └── chosen.json           the chosen, with their figures on the test part

A record is replaced as a whole, and written before the study hears of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from cnnspec.engine.diagnostics import CheckpointError
from cnnspec.engine.files import make_own_folder, mistake, write
from cnnspec.engine.safe_open import MOST_RECORD, MOST_ROWS, read_inside
from cnnspec.pytorch.sweep.record import Direction, RecordedAxis, Status
from cnnspec.pytorch.train.watch import Amount, Count, Figures, Number, Positive

FILE, PLAN, STUDY, POINTS, CHOSEN = "sweep.yaml", "sweep.json", "study.sqlite3", "points", "chosen.json"
STARTS = "starts"
STRICT = ConfigDict(frozen=True, extra="forbid")
NUMBER = re.compile(r"\d{4,}")
FINAL: tuple[Status, ...] = ("done", "pruned", "failed")
PointNumber = Positive  # the number of a point
OBJECTIVE = r"^(best )?(train|val)_(loss|accuracy)$"
Model = TypeVar("Model", bound=BaseModel)


class KnownPoint(BaseModel):
    """A point that is known before the sweep runs."""

    model_config = STRICT

    number: PointNumber
    values: dict[str, JsonValue]
    reason: str = ""  # why it is left out
    params: Count | None = None
    macs: Count | None = None


class SweepPlan(BaseModel):
    """sweep.json. ``fixed`` is what an extended sweep has as it was begun, ``rest`` what it may have otherwise."""

    model_config = STRICT

    cnnspec: str
    name: str
    objective: Annotated[str, Field(pattern=OBJECTIVE)]
    direction: Direction
    fixed: dict[str, JsonValue]
    rest: dict[str, JsonValue]
    axes: tuple[RecordedAxis, ...]
    storage: str
    points: tuple[KnownPoint, ...]


class PointRecord(BaseModel):
    """points/0003.json. ``reports`` are the objective's figures after each epoch, ``seconds`` are of all starts."""

    model_config = STRICT

    number: PointNumber
    values: dict[str, JsonValue]
    status: Status
    reason: str = ""
    objective: Number | None = None
    params: Count | None = None
    macs: Count | None = None
    reports: tuple[Number, ...] = ()
    seconds: Amount = 0.0


class Choice(BaseModel):
    """chosen.json: the numbers of the chosen, and all that was ever measured on the test part, by number."""

    model_config = STRICT

    chosen: tuple[PointNumber, ...] = ()
    tested: dict[PointNumber, Figures] = {}

    @model_validator(mode="after")
    def _is_possible(self) -> Choice:
        wrong = next((number for number, test in self.tested.items() if test.correct > test.images), None)
        if wrong is not None:
            raise ValueError(f"tested.{wrong}: more images are correct than there are")
        return self


def run_folder(sweep: Path, number: int) -> Path:
    """Where the run of a point goes."""
    return sweep / POINTS / f"{number:04}"


def log_file(sweep: Path, number: int) -> Path:
    """Where what it prints goes."""
    return sweep / POINTS / f"{number:04}.log"


def write_record(sweep: Path, record: PointRecord) -> None:
    """Raises OutputError."""
    write_model(sweep / POINTS / f"{record.number:04}.json", record)


def read_record(sweep: Path, number: int) -> PointRecord | None:
    """What became of a point; None where nothing is known. Raises CheckpointError."""
    path = sweep / POINTS / f"{number:04}.json"
    return read_model(path, PointRecord) if path.exists() else None


def read_records(sweep: Path) -> dict[int, PointRecord]:
    """What became of the points, by number. Raises CheckpointError."""
    require_own(sweep / POINTS)
    paths = sorted((sweep / POINTS).glob("*.json"))
    records = {}
    for path in paths:
        if NUMBER.fullmatch(path.stem):
            record = records[int(path.stem)] = read_model(path, PointRecord)
            if record.number != int(path.stem):
                raise CheckpointError(f"{path} is damaged: number: {record.number} is not that of the file's name")
    return records


def require_own(folder: Path) -> None:
    """Raise CheckpointError where a folder of a sweep is a link: it leads to what is not the sweep's."""
    if folder.is_symlink():
        raise CheckpointError(f"{folder} is a link", "a sweep's folder holds its points and runs themselves")


def write_plan(sweep: Path, text: str, plan: SweepPlan) -> None:
    """The text first: a sweep is begun once its plan is there. Raises OutputError."""
    make_own_folder(sweep / POINTS)
    write(sweep / FILE, text.encode())
    write_model(sweep / PLAN, plan)


def read_plan(sweep: Path) -> SweepPlan:
    """Raises CheckpointError."""
    return read_model(sweep / PLAN, SweepPlan)


def read_choice(sweep: Path) -> Choice:
    """Raises CheckpointError."""
    path = sweep / CHOSEN
    return read_model(path, Choice) if path.exists() else Choice()


def write_choice(sweep: Path, choice: Choice) -> None:
    """Raises OutputError."""
    write_model(sweep / CHOSEN, choice)


def is_begun(sweep: Path) -> bool:
    return (sweep / PLAN).exists()


def read_model(path: Path, model: type[Model]) -> Model:
    """A file of the folder. Raises CheckpointError where it is missing or damaged."""
    try:
        return model.model_validate_json(read_inside(path, MOST_ROWS if model is SweepPlan else MOST_RECORD))
    except ValidationError as error:
        raise CheckpointError(f"{path} is damaged: {mistake(error)}") from None
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing", "is this the folder of a sweep?") from None


def differences(before: dict[str, Any], now: dict[str, Any]) -> Iterable[str]:
    """What differs between what a sweep was begun as and what it is to be, a line each."""
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from (f"{name}.{line}" if name else line for line in differences(old, new))
        elif old != new:
            yield f"{name}: {json.dumps(old, ensure_ascii=False)} before, {json.dumps(new, ensure_ascii=False)} now"


def write_model(path: Path, value: BaseModel) -> None:
    """A file of the folder. Raises OutputError."""
    write(path, (value.model_dump_json(indent=2) + "\n").encode())
