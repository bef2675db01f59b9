"""The checkpoints of a run: the last, the one before it, and the best."""

from __future__ import annotations

import re
from pathlib import Path

from cnnspec.diagnostics import CheckpointError
from cnnspec.files import make_own_folder, publish, sweep, withdraw
from cnnspec.train.checkpoint.folder import Damaged, files_of, read, read_manifest
from cnnspec.train.checkpoint.state import State
from cnnspec.train.watch import Note

FOLDER = "checkpoints"
NAME = "checkpoint-{}"
NUMBERED = re.compile(r"checkpoint-([1-9][0-9]*)")


class Checkpoints:
    """Those of one run folder. Only the run's one writer saves; anyone may load.

    ``most`` bounds the bytes of a checkpoint that is loaded.
    """

    def __init__(self, run: Path, most: int) -> None:
        self.folder = run / FOLDER
        self.most = most
        self.last: int | None = None  # the number of the one that was saved or loaded last, and so is whole

    def save(self, state: State, best: bool = False) -> Path:
        """Put a state on the disk, and then take away what is not needed any more. Raises OutputError.

        At each moment, whatever fails or ends, there is a whole checkpoint as new as the last one that was saved.
        """
        make_own_folder(self.folder)
        sweep(self.folder)
        number = max(self.numbers(), default=0) + 1
        path = self._path(number)
        publish(path, files_of(state, best))
        before, self.last = self.last, number
        self._keep({number, before, self._best_number()})
        return path

    def load(self, note: Note) -> State | None:
        """The newest state that is whole; None where nothing was saved yet. Each that is damaged is said aloud.

        Raises CheckpointError where none is whole.
        """
        if self.folder.is_symlink():
            raise CheckpointError(f"{self.folder} is a link", "a run folder holds its checkpoints itself")
        numbers = self.numbers()
        for number in reversed(numbers):
            try:
                state = read(self._path(number), self.most)
            except Damaged as damage:
                note(f"{self._path(number)} is damaged and left aside: {damage}")
                continue
            if number != numbers[-1]:
                note(f"{self._path(number)}, an earlier one, is whole and used instead")
            self.last = number
            return state
        if numbers:
            raise CheckpointError(f"no checkpoint in {self.folder} is whole", "start the run anew, in another folder")
        return None

    def best(self) -> State | None:
        """The best state, as it was called when it was saved; None where none was. Raises CheckpointError."""
        number = self._best_number()
        if number is None:
            return None
        try:
            return read(self._path(number), self.most)
        except Damaged as damage:
            raise CheckpointError(f"{self._path(number)} is damaged: {damage}") from None

    @property
    def path(self) -> Path:
        """The folder of the checkpoint that was saved or loaded last."""
        return self.folder if self.last is None else self._path(self.last)

    def numbers(self) -> list[int]:
        """Those of all checkpoints that are there, the oldest first; they grow with each that is saved."""
        names = [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []
        return sorted(int(match[1]) for name in names if (match := NUMBERED.fullmatch(name)))

    def _best_number(self) -> int | None:
        return next((number for number in reversed(self.numbers()) if self._is_best(number)), None)

    def _is_best(self, number: int) -> bool:
        try:
            return read_manifest(self._path(number)).best
        except Damaged:
            return False

    def _keep(self, kept: set[int | None]) -> None:
        for number in self.numbers():
            if number not in kept:
                withdraw(self._path(number))

    def _path(self, number: int) -> Path:
        return self.folder / NAME.format(number)
