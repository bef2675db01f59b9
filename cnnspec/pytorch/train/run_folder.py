"""The run folder: its files, and how they are written.

    RUN/
    ├── spec.yaml              the spec's text, as it was
    ├── base-1.yaml            what it extends, base-2.yaml what that extends, and so on; none where it extends nothing
    ├── settings.json          what was set: Record
    ├── recipe.yaml            the recipe in it, resolved, for people and for the next run
    ├── metrics.jsonl          a line of Metrics for each epoch
    ├── weights.safetensors    after the last whole epoch
    ├── checkpoints/           what the run goes on from: cnnspec.pytorch.train.checkpoint
    ├── lock                   whose run it is, while it is written
    ├── curves.png             loss and accuracy over the epochs
    └── result.json            the figures on the test part, or on the validation part where the data have no other (a
                              sweep measures the test part later); written when the run is done

A file that is replaced is written beside its place and moved there: what is there is always whole. settings.json is
written behind the texts, so that a run is either begun or not.

Nothing here needs torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cnnspec.engine.diagnostics import OccupiedError, OutputError, UsageError
from cnnspec.engine.files import TEMPORARY, make_folder, write, writing
from cnnspec.engine.safe_open import read_bounded
from cnnspec.pytorch.train.lock import LOCK

SPEC = "spec.yaml"
BASE = "base-{}.yaml"
SETTINGS = "settings.json"
RECIPE = "recipe.yaml"
METRICS = "metrics.jsonl"
CURVES = "curves.png"
RESULT = "result.json"
RUNS = Path("runs")  # where runs go that are given no folder


def refuse_occupied(folder: Path, texts: Mapping[str, bytes]) -> None:
    """Raise OccupiedError where a folder holds a run, UsageError where anything else: nothing is ever overwritten.

    What a run of the same ``texts`` (by file names) has left that was killed before it began is not in the way.
    """
    with writing(folder):
        if not folder.exists() or (folder.is_dir() and all(_is_left(path, texts) for path in folder.iterdir())):
            return
        what = "holds a run" if is_begun(folder) else "is not empty" if folder.is_dir() else "is a file"
    kind = OccupiedError if is_begun(folder) else UsageError
    raise kind(f"{folder} {what}; nothing is overwritten", "name another folder with --out")


def _is_left(path: Path, texts: Mapping[str, bytes]) -> bool:
    if path.name not in texts:
        return path.name == LOCK or TEMPORARY.fullmatch(path.name) is not None
    with suppress(UsageError, OSError):  # no file, or a larger one
        return read_bounded(path, len(texts[path.name]), follow=False) == texts[path.name]
    return False


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run folder as it was when its run was started here: the same one, and not another of its name."""

    run: Path
    device: int
    inode: int

    @classmethod
    def of(cls, run: Path) -> RunFolder:
        """Raises OutputError."""
        with writing(run):
            found = run.stat()
        return cls(run, found.st_dev, found.st_ino)

    def require(self) -> None:
        """Raise OutputError where the folder was moved away or deleted: writing would begin another in its place."""
        try:
            found = self.run.stat()
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != (self.device, self.inode):
            help = "its last checkpoint is where it was moved to: `cnnspec train --resume` with that folder goes on"
            raise OutputError(f"{self.run} was moved or deleted while its run was training", help)


def is_begun(run: Path) -> bool:
    """Whether a folder holds a run that can be resumed."""
    return (run / SETTINGS).exists()


def create(out: Path | None, title: str, texts: Mapping[str, bytes] = MappingProxyType({})) -> Path:
    """An empty folder for a run: ``out``, or ``runs/<name>-<n>`` with the next free number.

    Raises UsageError where it is occupied, OutputError where it cannot be made.
    """
    if out is not None:
        refuse_occupied(out, texts)
        make_folder(out)
        return out
    name = re.sub(r"[^\w.-]+", "-", re.sub(r"\.ya?ml", "", Path(title).name)) or "run"
    return next(folder for n in count(1) if (folder := _made(RUNS / f"{name}-{n}")))


def _made(folder: Path) -> Path | None:
    """The folder, unless someone else has made it."""
    with writing(folder):
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not RUNS.is_dir():
                raise
            return None
    return folder


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    write(path, (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())


def write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    """A line of JSON for each value."""
    write(path, "".join(json.dumps(value, allow_nan=False) + "\n" for value in values).encode())
