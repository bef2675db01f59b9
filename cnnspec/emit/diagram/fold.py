"""Copies in a row, drawn once: ``×3``.

Tables fold copies that are equal (cnnspec/emit/rows.py); here a row of blocks of one form whose sizes are equal, or grow by
equal steps as in DenseNet, is one picture, and so are several parts that come again together.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.emit.diagram.kinds import AUX, END, JOIN
from cnnspec.emit.diagram.text import COUNT, RATE, Number
from cnnspec.emit.diagram.tree import Box, Element, Repeat, Series, merge, numbers

LONGEST = 4  # parts that come again together
NEVER = (JOIN, END, AUX)


def folded(series: Series) -> Series:
    """The chain with copies folded. Nothing is folded across a place where a side branch begins."""
    parts: list[Element] = []
    places = {0: 0}
    at = 0
    while at < len(series.parts):
        found = _repeat(series, at)
        size = found.count * len(found.body.parts) if found else 1
        parts.append(found or series.parts[at])
        at += size
        places[at] = len(parts)
    return Series(tuple(parts), tuple((places[at], tap) for at, tap in series.taps))


def _repeat(series: Series, at: int) -> Repeat | None:
    """The copies that begin at a part: those that cover most parts, by the shortest piece that does."""
    end = min([place for place, _ in series.taps if place > at], default=len(series.parts))
    best = None
    for length in range(1, LONGEST + 1):
        found = _copies(series.parts[at:end], length)
        if found and (best is None or found.count * length > best.count * len(best.body.parts)):
            best = found
    return best


def _copies(parts: Sequence[Element], length: int) -> Repeat | None:
    """The longest row of pieces of so many parts whose numbers go together."""
    piece = parts[:length]
    if len(piece) < length or any(isinstance(part, Box) and part.kind in NEVER for part in piece):
        return None
    count = _count(parts, length)
    if not count:
        return None
    copies = [Series(tuple(parts[i * length : (i + 1) * length])) for i in range(count)]
    return Repeat((Number(COUNT, count, "×"),), merge(copies), copies[-1].out)


def _count(parts: Sequence[Element], length: int) -> int:
    """How many pieces are equal, if there are two; else how many grow by equal steps, if there are three; else 0."""
    form = [part.form() for part in parts[:length]]
    step: list[float] = []
    before: list[Number] = []
    count = 0
    for start in range(0, len(parts) - length + 1, length):
        piece = parts[start : start + length]
        if [part.form() for part in piece] != form:
            break
        now = [number for part in piece for number in numbers(part)]
        steps = [_step(a, b) for a, b in zip(before, now, strict=True)] if before else step
        if None in steps or (count > 1 and steps != step):
            break
        before, step, count = now, steps, count + 1
    return count if count > (2 if any(step) else 1) else 0


def _step(one: Number, next: Number) -> float | None:
    """By how much the second is larger; None where the two cannot be of one row."""
    if one.sort == RATE or one.values == next.values:
        return 0
    alone = one.last is None and next.last is None and one.sort != COUNT
    if isinstance(one.value, str) or isinstance(next.value, str) or not alone:
        return None
    return next.value - one.value
