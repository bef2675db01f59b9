"""A disk that fails: the Nth write, fsync or rename of a run is refused, for N from 1 until a run is done without one.

After each failure the run ends with OutputError (exit 7), its newest checkpoint is at least the last that was saved,
and whole; and with a disk that works again it comes to the same end as a run that was never disturbed.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cnnspec import OutputError
from cnnspec.pytorch.train import resume
from cnnspec.pytorch.train.checkpoint import Checkpoints
from cnnspec.pytorch.train.run_folder import is_begun
from tests.torture.runs import MOST, outcome, undisturbed, write_spec

KINDS = {"write": ("write",), "half a write": ("write",), "fsync": ("fsync",), "rename": ("rename", "replace")}


class Fault:
    """Lets all calls through but the Nth of its kind; of half a write half is written."""

    def __init__(self, kind: str, number: int) -> None:
        self.kind, self.number, self.calls = kind, number, 0

    @contextmanager
    def injected(self) -> Iterator[None]:
        real = {name: getattr(os, name) for name in KINDS[self.kind]}
        with patch.multiple(os, **{name: self.around(call) for name, call in real.items()}):
            yield

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            self.calls += 1
            if self.kind == "half a write" and self.calls == self.number:
                return call(given[0], given[1][: len(given[1]) // 2])
            if self.calls == self.number + (self.kind == "half a write"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(*given, **named)

        return called


@dataclass
class Figures:
    """Of so many failures: those after which a checkpoint was whole, or none was saved yet; and what went wrong."""

    failures: int = 0
    whole: int = 0
    before_first: int = 0
    wrong: list[str] = field(default_factory=list)


def torture(folder: Path, kind: str, every: int = 1) -> Figures:
    """Let each Nth call fail, N = 1, 1 + every, …, until a run comes through."""
    folder.mkdir()
    figures, spec, number = Figures(), write_spec(folder), 1
    expected = outcome(undisturbed(spec, folder / "undisturbed"))
    while _fails(folder / "run", kind, number, figures, expected, spec):
        number += every
        shutil.rmtree(folder / "run")
    shutil.rmtree(folder)
    return figures


def _fails(run: Path, kind: str, number: int, figures: Figures, expected: object, spec: Path) -> bool:
    saved: list[int] = []
    try:
        with Fault(kind, number).injected(), noted_saves(saved):
            undisturbed(spec, run)
        return False
    except OutputError:
        figures.failures += 1
    notes: list[str] = []
    store = Checkpoints(run, MOST)
    if store.load(notes.append) is not None:
        figures.whole += 1
    else:
        figures.before_first += 1
    if (store.last or 0) < max(saved, default=0) or notes:
        figures.wrong.append(f"{kind} {number}: {saved} saved, {store.last} found, {notes}")
    if is_begun(run):
        resume(run)
    else:
        undisturbed(spec, run)
    if outcome(run) != expected:
        figures.wrong.append(f"{kind} {number}: another outcome")
    return True


@contextmanager
def noted_saves(saved: list[int]) -> Iterator[None]:
    """Which checkpoints a run believes to have saved."""
    real = Checkpoints.save

    def save(self: Checkpoints, *given: Any, **named: Any) -> Path:
        path = real(self, *given, **named)
        saved.append(int(path.name.rpartition("-")[2]))
        return path

    with patch.object(Checkpoints, "save", save):
        yield
