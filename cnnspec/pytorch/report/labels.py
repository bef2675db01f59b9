"""Short names of axes and values, for legends and labels.

optimizer.Adam.lr: 0.001, params.dropout: 0.2, spec: mnist/alexnet  ──►  alexnet · lr 0.001 · dropout 0.2
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any
from unicodedata import east_asian_width

from cnnspec.engine.diagnostics import printable

UNLABELED = ("spec", "optimizer", "data", "variant", "run")  # axes whose values need no name before them
LONGEST = 48  # characters of a value


def short_names(axes: Sequence[str]) -> dict[str, str]:
    """Return the last part of each name, or all of it if two names end alike."""
    ends = Counter(axis.rpartition(".")[2] for axis in axes)
    return {axis: axis.rpartition(".")[2] if ends[axis.rpartition(".")[2]] == 1 else axis for axis in axes}


def value_text(value: Any) -> str:
    """Return a value as a spec writes it: ``true``, ``1e-5``, ``[3, 4]``; a dash for no value."""
    match value:
        case None:
            return "–"
        case bool():
            return str(value).lower()
        case float():
            return number_text(value)
        case list() | tuple():
            return f"[{', '.join(map(value_text, value))}]"
        case Mapping():
            return "{" + ", ".join(f"{key}: {value_text(part)}" for key, part in value.items()) + "}"
    return cut(printable(str(value)))


def number_text(value: float) -> str:
    """Format a number with four digits at most, and an exponent only for very large and very small numbers."""
    text = f"{value:.4g}"
    if "e" not in text:
        return text
    digits, _, exponent = text.partition("e")
    return f"{digits}e{int(exponent)}"


def cut(text: str, most: int = LONGEST) -> str:
    """Shorten a text in the middle. An East Asian wide character counts as two letters."""
    if sum(map(_width, text)) <= most:
        return text
    end = max(most - 1, 1) // 2
    return f"{_begin(text, max(most - 1 - end, 1))}…{_begin(text[::-1], end)[::-1] if most > 4 else ''}"


def _begin(text: str, room: int) -> str:
    return text[: bisect_right([*accumulate(map(_width, text))], room)]


def _width(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1


def labels(axes: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the label of each row of values: its axes and values, separated by dots."""
    names = short_names(axes)
    tails = _tails([str(row["spec"]) for row in rows if row.get("spec") is not None])
    return [_label(row, names, tails) for row in rows]


def _label(row: Mapping[str, Any], names: Mapping[str, str], tails: Mapping[str, str]) -> str:
    parts = []
    for axis, name in names.items():
        value = row.get(axis)
        if value is None:
            continue
        text = tails[str(value)] if axis == "spec" else value_text(value)
        parts.append(cut(printable(text)) if axis in UNLABELED else f"{printable(name)} {text}")
    return " · ".join(parts) or "no settings"


def _tails(names: Sequence[str]) -> dict[str, str]:
    """Return the names of specs without their folders if they stay unique."""
    ends = {name: name.rpartition("/")[2] for name in names}
    return ends if len(set(ends.values())) == len(ends) else {name: name for name in names}
