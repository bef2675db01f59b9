"""The one exception family, and the exit code that each member ends a command with.

CnnspecError           1  our own defect
├── UsageError         2  a command or a call that makes no sense
│   └── OccupiedError     a run that is there already, or is being written by another process
├── SpecError          3  a spec that is wrong; carries its diagnostics
├── DataError          4  data that is missing or damaged
├── CheckpointError    5  a run folder, or a file of weights, that cannot be read or does not fit
├── DivergedError      6  training that left the finite numbers
└── OutputError        7  a disk that is full, a folder that cannot be written
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cnnspec.engine.diagnostics.diagnostic import Diagnostic
from cnnspec.engine.diagnostics.words import clip


class CnnspecError(Exception):
    """Any error that cnnspec raises on purpose.

    ``help`` says what mends it, where that is known; ``diagnostics`` are those of a spec, and none for other errors.
    ``told`` is whether another process tells it, of several that train together; None where they have not met.
    """

    exit_code: ClassVar[int] = 1
    diagnostics: tuple[Diagnostic, ...] = ()
    told: bool | None = None

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = clip(message)
        self.help = clip(help)

    @property
    def first_line(self) -> str:
        """The message without the diagnostics that it quotes below its first line, for places that have one line."""
        return self.message.partition("\n")[0].rstrip(":")

    def __str__(self) -> str:
        return f"{self.message}\n{self.help}" if self.help else self.message

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback: the cell's author made the mistake, not the code below it."""
        return f"{type(self).__name__}: {self}".splitlines()


class UsageError(CnnspecError):
    """A command or a call that makes no sense: an unknown name, a setting out of bounds."""

    exit_code = 2


class OccupiedError(UsageError):
    """A folder that holds a run already, or that another process is writing: it may be gone on with, never begun."""


class SpecError(CnnspecError):
    """A spec that is wrong. ``diagnostics`` says what, where, and how to mend it."""

    exit_code = 3

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        from cnnspec.engine.diagnostics.render import plain

        self.diagnostics = tuple(diagnostics)
        super().__init__("")
        self.message = "\n".join(plain(diagnostic) for diagnostic in self.diagnostics)  # each of which is clipped

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Diagnostic, ...]]]:
        return (type(self), (self.diagnostics,))


class DataError(CnnspecError):
    """A data set or a download that is missing or damaged."""

    exit_code = 4


class CheckpointError(CnnspecError):
    """A run folder, or a file of weights, that is missing, damaged, or of another network."""

    exit_code = 5


class DivergedError(CnnspecError):
    """A loss that is not a finite number."""

    exit_code = 6


class OutputError(CnnspecError):
    """Something that could not be written: no space, no permission, no one there to take it."""

    exit_code = 7
