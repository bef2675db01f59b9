"""What a sweep is to those who look at it: its axes, its points with what became of each, and the chosen.

SWEEP/ ──read──► Sweep
                       ├── axes      learning rate × dropout
                       ├── points    0001 done 0.9871, 0002 failed: out of memory, …
                       └── chosen    the best point, with its figures on the test part

Frozen, and no torch: the report and the live table read nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cnnspec.pytorch.train.watch import Figures

Status = Literal["waiting", "running", "done", "pruned", "failed", "left out"]
Direction = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class RecordedAxis:
    """One thing that differs between the points: its ``values``, or the ``range`` that they are drawn from."""

    name: str
    values: tuple[Any, ...] = ()
    range: tuple[float, float] | None = None
    is_log: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of the axes, and what became of it.

    ``reason`` says why it was left out, pruned or has failed; ``run`` is its folder, once there is one; ``objective``
    the value that the sweep compares, ``params`` and ``macs`` what the network costs, where it can be built.
    """

    number: int
    values: Mapping[str, Any]
    status: Status
    reason: str = ""
    run: Path | None = None
    objective: float | None = None
    params: int | None = None
    macs: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A point that validation chose, with the figures of the one look at the test part; ``test`` None: not yet."""

    point: int
    test: Figures | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as its folder has it. ``direction`` says whether the ``objective`` is better when large or small."""

    title: str
    objective: str
    direction: Direction
    axes: tuple[RecordedAxis, ...]
    points: tuple[Point, ...]
    chosen: tuple[Chosen, ...]
