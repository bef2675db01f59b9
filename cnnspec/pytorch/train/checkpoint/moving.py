"""Values of a checkpoint beside the run's own: what moves while a network is trained may be other numbers, and all else
has to be equal. So nothing that was put into a checkpoint reaches torch's schedulers but counts and rates.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from cnnspec.engine.diagnostics import CheckpointError, listing

MOST = 2.0**53  # of a count: floats hold each whole number up to it


def require_moved(what: str, saved: object, own: Mapping[str, Any], moving: Collection[str]) -> None:
    """Refuse values that differ from the run's ``own`` in more than the ``moving`` numbers. Raises CheckpointError."""
    if not isinstance(saved, Mapping):
        raise CheckpointError(f"the checkpoint has no {what}")
    differing = {*own, *saved} - {name for name in own if name in saved and _fits(saved[name], own[name], name, moving)}
    if differing:
        names = listing([f"`{name}`" for name in sorted(map(str, differing))])
        raise CheckpointError(f"the checkpoint's {what} has other settings: {names}")


def _fits(saved: Any, own: Any, name: str, moving: Collection[str]) -> bool:
    if name not in moving:
        return type(saved) is type(own) and bool(saved == own)
    if isinstance(own, list | tuple):
        return type(saved) is type(own) and len(saved) == len(own) and all(map(is_number, saved))
    return is_number(saved)


def is_number(value: object) -> bool:
    """Whether it is a number that can be counted with; infinite is what is best before there is anything."""
    if type(value) not in (int, float):
        return False
    return value == math.inf or abs(value) < MOST  # type: ignore[arg-type]


def count(what: str, value: object, least: int, most: int) -> int:
    """A whole number between two. Raises CheckpointError."""
    if type(value) is not int or not least <= value <= most:
        raise CheckpointError(f"the checkpoint's {what} is not from {least:,} to {most:,}")
    return value


def number(what: str, value: object) -> float:
    """A number that can be counted with. Raises CheckpointError."""
    if not is_number(value):
        raise CheckpointError(f"the checkpoint's {what} is no number")
    return float(value)  # type: ignore[arg-type]
