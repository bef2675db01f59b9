"""Where points run: what every executor is told, and what it tells.

start(job)      begin or go on with a run, in a free slot
poll(seconds)   Epoch, Ended, Lost: what has happened meanwhile
answer          whether a run goes on after its epoch, where the sweep prunes
stop            let every run save, and end
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Epoch:
    """A run has done an epoch; ``row`` is a line of its metrics."""

    number: int
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """A run is over: done, pruned, failed, or stopped and saved; unwritten where the disk did not take it.

    ``test`` are figures where it was to measure.
    """

    number: int
    status: str
    reason: str = ""
    test: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The process or the machine of a run is gone."""

    number: int
    reason: str


Event = Epoch | Ended | Lost


class Executor(Protocol):
    """Runs jobs side by side."""

    @property
    def slots(self) -> int:
        """How many run at once; it may change while they run."""

    def start(self, job: Mapping[str, Any]) -> None:
        """Begin a job in a free slot."""

    def answer(self, number: int, *, go: bool) -> None:
        """After an epoch: whether the run goes on."""

    def poll(self, seconds: float) -> Iterator[Event]:
        """What has happened, waiting so long for the first."""

    def stop(self) -> None:
        """Ask every run to save and end; ``poll`` tells of each."""

    def close(self) -> None:
        """End what is left."""


def event_of(message: Mapping[str, Any]) -> Event:
    """What a worker says, as an event."""
    number = int(message["number"])
    if message["event"] == "epoch":
        return Epoch(number, message["row"])
    return Ended(number, message["status"], message.get("reason", ""), message.get("test"))
