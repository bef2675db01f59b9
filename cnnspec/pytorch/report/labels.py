"""Names of axes and values, short enough to stand beside a curve.

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

BY_THEMSELVES = ("spec", "optimizer", "data", "variant", "run")  # axes whose values say what they are
LONGEST = 48  # characters of a value


def short_names(axes: Sequence[str]) -> dict[str, str]:
    """The last part of each name, or all of it where two would be the same."""
    ends = Counter(axis.rpartition(".")[2] for axis in axes)
    return {axis: axis.rpartition(".")[2] if ends[axis.rpartition(".")[2]] == 1 else axis for axis in axes}


def value_text(value: Any) -> str:
    """A value as a spec writes it: ``true``, ``1e-5``, ``[3, 4]``; a dash where there is none."""
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
    """Four digits at most, and an exponent only where there would be many zeros."""
    text = f"{value:.4g}"
    if "e" not in text:
        return text
    digits, _, exponent = text.partition("e")
    return f"{digits}e{int(exponent)}"


def cut(text: str, most: int = LONGEST) -> str:
    """The beginning and the end of a text that is too long; a sign of East Asia is as wide as two letters."""
    if sum(map(_width, text)) <= most:
        return text
    end = max(most - 1, 1) // 2
    return f"{_begin(text, max(most - 1 - end, 1))}…{_begin(text[::-1], end)[::-1] if most > 4 else ''}"


def _begin(text: str, room: int) -> str:
    return text[: bisect_right([*accumulate(map(_width, text))], room)]


def _width(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1


def labels(axes: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each row of values is called: the axes on which it has one, parted by dots."""
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
        parts.append(cut(printable(text)) if axis in BY_THEMSELVES else f"{printable(name)} {text}")
    return " · ".join(parts) or "all alike"


def _tails(names: Sequence[str]) -> dict[str, str]:
    """Names of specs without their folders, where that leaves them apart."""
    ends = {name: name.rpartition("/")[2] for name in names}
    return ends if len(set(ends.values())) == len(ends) else {name: name for name in names}
