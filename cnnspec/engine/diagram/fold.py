"""Copies in a row, drawn once: ``×3``.

Tables fold copies that are equal (cnnspec/engine/table/rows.py). Here, copies of one form whose sizes are equal or grow
by equal steps, as in DenseNet, are one picture, and so are several parts that repeat together. Blocks are folded first,
then layers: only when the blocks of one form are known is it clear whether their layers may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cnnspec.engine.diagram.kinds import AUX, BLOCK, CLOSED, END, JOIN
from cnnspec.engine.diagram.text import COUNT, RATE, Number
from cnnspec.engine.diagram.tree import Box, Element, Repeat, Series, merge, numbers

LONGEST = 4  # parts that come again together
NEVER = (JOIN, END, AUX, BLOCK, CLOSED)  # blocks are folded before they are boxes


def all_folded(element: Element) -> Any:
    """An element with the copies folded in each chain of it."""
    inner = element.with_inside([all_folded(one) for one in element.inside])
    return folded(inner) if isinstance(inner, Series) else inner


def folded(series: Series, *, layers: bool = True) -> Series:
    """The chain with copies folded; without ``layers`` only those with blocks or branches in them.

    Nothing is folded across a place where a side branch begins.
    """
    if len(series.parts) < 2:
        return series
    tapped = sorted({at for at, _ in series.taps} | {len(series.parts)})
    parts = [FoldedPart(part) for part in series.parts]
    folded: list[Element] = []
    places = {0: 0}
    at = 0
    while at < len(parts):
        end = next(place for place in tapped if place > at)
        found = _repeat(parts, at, end, layers)
        folded.append(found or series.parts[at])
        at += found.count * len(found.body.parts) if found else 1
        places[at] = len(folded)
    return Series(tuple(folded), tuple((places[at], tap) for at, tap in series.taps))


@dataclass(frozen=True)
class FoldedPart:
    """An element with what is compared of it."""

    element: Element

    @cached_property
    def form(self) -> object:
        return self.element.form()

    @cached_property
    def numbers(self) -> list[Number]:
        return numbers(self.element)


def _repeat(parts: Sequence[FoldedPart], at: int, end: int, layers: bool) -> Repeat | None:
    """The copies that begin at a part: those that cover most parts, by the shortest piece that does."""
    best = (0, 0)
    for length in range(1, LONGEST + 1):
        mere = all(isinstance(part.element, Box) for part in parts[at : at + length])
        count = 0 if mere and not layers else _count(parts, at, end, length)
        if count * length > best[0] * best[1]:
            best = count, length
    count, length = best
    if not count:
        return None
    starts = range(at, at + count * length, length)
    copies = [Series(tuple(part.element for part in parts[start : start + length])) for start in starts]
    return Repeat((Number(COUNT, count, "×"),), merge(copies), copies[-1].out)


def _count(parts: Sequence[FoldedPart], at: int, end: int, length: int) -> int:
    """How many pieces are equal, if there are two; else how many grow by equal steps, if there are three; else 0."""
    if any(isinstance(part.element, Box) and part.element.kind in NEVER for part in parts[at : at + length]):
        return 0
    steps: list[float] | None = None
    start = at + length
    while start + length <= end:
        now = _steps(parts, start - length, start, length)
        if now is None or (steps is not None and now != steps):
            break
        steps = now
        start += length
    count = (start - at) // length
    return count if steps is not None and count > (2 if any(steps) else 1) else 0


def _steps(parts: Sequence[FoldedPart], one: int, other: int, length: int) -> list[float] | None:
    """By how much each number of a piece is larger in the next; None where they cannot be of one row."""
    found: list[float] = []
    for k in range(length):
        if parts[one + k].form != parts[other + k].form:
            return None
        for a, b in zip(parts[one + k].numbers, parts[other + k].numbers, strict=True):
            step = _step(a, b)
            if step is None:
                return None
            found.append(step)
    return found


def _step(one: Number, next: Number) -> float | None:
    if one.sort == RATE or one.values == next.values:
        return 0
    alone = one.last is None and next.last is None and one.sort != COUNT
    if isinstance(one.value, str) or isinstance(next.value, str) or not alone:
        return None
    return next.value - one.value
