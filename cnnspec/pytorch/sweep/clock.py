"""The wall time that a sweep has used, over all of its starts, those that were interrupted or killed included.

    SWEEP/starts/1764541234-5f3a9c01.json    Start: when it began, and for how many seconds it has run

A start rewrites its file every few seconds, so that a kill loses no more than these. Starts side by side, of drivers on
several machines, count once.
"""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from time import monotonic, time
from typing import Annotated

from pydantic import BaseModel, Field

from cnnspec.engine.files import make_folder
from cnnspec.pytorch.sweep.folder import STARTS, STRICT, read_model, write_model

EVERY = 5.0  # seconds between writes
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Start(BaseModel):
    """When a driver began, in seconds since 1970, and for how many seconds it has run."""

    model_config = STRICT

    began: Seconds
    seconds: Seconds


class Clock:
    """The time of one start, on top of the time of those before. Raises OutputError and CheckpointError."""

    def __init__(self, sweep: Path) -> None:
        folder = sweep / STARTS
        make_folder(folder)
        self.before = union([read_model(path, Start) for path in sorted(folder.glob("*.json"))])
        self.began, self.start, self.written = time(), monotonic(), 0.0
        self.path = folder / f"{self.began:.0f}-{token_hex(4)}.json"

    @property
    def seconds(self) -> float:
        """The wall time of this start."""
        return monotonic() - self.start

    @property
    def used(self) -> float:
        """The wall time of all starts."""
        return self.before + self.seconds

    @property
    def is_due(self) -> bool:
        """Whether the last write is long enough ago."""
        return self.seconds - self.written > EVERY

    def write(self) -> None:
        """Keep the time of this start."""
        self.written = self.seconds
        write_model(self.path, Start(began=self.began, seconds=self.written))


def union(starts: list[Start]) -> float:
    """The seconds in which at least one start ran."""
    total, end = 0.0, 0.0
    for start in sorted(starts, key=lambda start: start.began):
        total += max(start.began + start.seconds - max(start.began, end), 0.0)
        end = max(end, start.began + start.seconds)
    return total
