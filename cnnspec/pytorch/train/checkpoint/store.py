"""The checkpoints of a run: the last, the one before it, and the best."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from cnnspec.engine.diagnostics import CheckpointError, UsageError
from cnnspec.engine.files import make_own_folder, publish, sweep, withdraw
from cnnspec.engine.safe_open import read_bounded
from cnnspec.pytorch.train.checkpoint import plain
from cnnspec.pytorch.train.checkpoint.manifest import MANIFEST, MOST, HeldFile, Manifest, sha256
from cnnspec.pytorch.train.checkpoint.state import State, grouped
from cnnspec.pytorch.train.watch import Note

# A State <-> the files of one checkpoint.
#
# What is read is untrusted: nothing larger than the caller allows is taken into memory, and nothing is taken apart
# whose hash is not the manifest's.

VALUES = "values.json"
MOST_VALUES = 2**24  # bytes of it: as Python's objects they take ten times as much
TENSORS = ".safetensors"


class Damaged(Exception):
    """A checkpoint that is not as it was written; says which file, and how it differs."""


def files_of(state: State, best: bool) -> dict[str, bytes]:
    """What a checkpoint's folder holds, by file names, the manifest last."""
    groups: dict[str, dict[str, Tensor]] = defaultdict(dict)
    for key, tensor in state.tensors.items():
        group, _, name = key.partition(".")
        groups[group][name] = tensor.detach().to("cpu").contiguous()
    files = {f"{group}{TENSORS}": save(tensors) for group, tensors in groups.items()}
    files[VALUES] = plain.encode(state.values)
    return {**files, MANIFEST: Manifest.of(files, best).text()}


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a checkpoint. Raises Damaged."""
    if folder.is_symlink():
        raise Damaged("it is a link, and no link is followed here")
    try:
        return Manifest.parse(_bytes(folder / MANIFEST, MOST))
    except ValueError as error:
        raise Damaged(f"{MANIFEST}: {error}") from None


def read(folder: Path, most: int) -> State:
    """The state of a checkpoint, where its files take at most ``most`` bytes. Raises Damaged."""
    files = read_manifest(folder).files
    if VALUES not in files:
        raise Damaged(f"{MANIFEST}: it names no {VALUES}")
    _bound(sum(held.bytes for held in files.values()), most)
    _bound(files[VALUES].bytes, MOST_VALUES)
    contents = {name: _held(folder / name, held) for name, held in files.items()}
    tensors: dict[str, Tensor] = {}
    for name in contents:
        if name.endswith(TENSORS):
            tensors |= grouped(name.removesuffix(TENSORS), _tensors(name, contents[name]))
    return State(tensors, _values(contents[VALUES]))


def _bound(size: int, most: int) -> None:
    if size > most:
        raise Damaged(f"{MANIFEST}: it speaks of {size:,} bytes, more than the {most:,} that such a run could need")


def _held(path: Path, held: HeldFile) -> bytes:
    data = _bytes(path, held.bytes)
    if len(data) != held.bytes:
        raise Damaged(f"{path.name}: {len(data):,} bytes where the manifest says {held.bytes:,}")
    if sha256(data) != held.sha256:
        raise Damaged(f"{path.name}: its SHA-256 is not that of the manifest")
    return data


def _bytes(path: Path, most: int) -> bytes:
    """A file of at most so many bytes."""
    try:
        return read_bounded(path, most, follow=False)
    except FileNotFoundError:
        raise Damaged(f"{path.name} is missing") from None
    except (OSError, UsageError) as error:
        raise Damaged(f"{path.name} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _tensors(name: str, data: bytes) -> dict[str, Tensor]:
    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise Damaged(f"{name}: {error}") from None


def _values(data: bytes) -> dict[str, object]:
    try:
        return plain.decode(data)
    except ValueError as error:
        raise Damaged(f"{VALUES}: {error}") from None


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
