"""Numbers that differ from place to place -> letters, and what each stands for.

a×h×h          channels and sizes
a/4, 2a, h/2   a number that is a multiple or a part of another everywhere
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from cnnspec.engine.diagram.kinds import PORT
from cnnspec.engine.diagram.text import ACTIVATION, CHANNELS, COUNT, GROUPS, KERNEL, RATE, SIZE, STRIDE, Number, Text
from cnnspec.engine.diagram.tree import Box, Series, numbers, with_numbers

NAMES = {
    CHANNELS: "a b c d e f m p q r t u v w x y z".split(),
    SIZE: ["h"],
    KERNEL: ["k"],
    STRIDE: ["s"],
    COUNT: ["n"],
    GROUPS: ["g"],
    ACTIVATION: ["act"],
}
MULTIPLIED = (CHANNELS, SIZE)
FACTORS = range(2, 9)
Column = tuple[Number, ...]
Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Letters:
    """The letters, and for each place what they stand for there."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def lettered(takes: Sequence[Text], bodies: Sequence[Series]) -> tuple[Letters, Text, Series]:
    """What reaches bodies of one form, and their one body, with letters for what differs among them."""
    wholes = [_whole(take, body) for take, body in zip(takes, bodies, strict=True)]
    columns: list[Column] = list(zip(*map(numbers, wholes), strict=True))
    named = _Named()
    whole = with_numbers(wholes[0], [named.word(column) for column in columns])
    assert isinstance(whole, Series)
    first, *rest = whole.parts
    rows = tuple(tuple(_cell(column[i]) for column in named.columns.values()) for i in range(len(bodies)))
    return Letters(tuple(named.columns), rows), first.out, Series(tuple(rest), whole.taps)


def _whole(take: Text, body: Series) -> Series:
    """A body behind what reaches it, whose numbers come first."""
    return Series((Box(PORT, (), take, ("", "")), *body.parts), body.taps)


def _cell(number: Number) -> str:
    return f"{number.value}" if number.last is None else f"{number.value}…{number.last}"


class _Named:
    """Letters as they are given out."""

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.names = {sort: _endless(names) for sort, names in NAMES.items()}

    def word(self, column: Column) -> Number | str:
        """A number as it is where it is the same in all places; else its letter, with what stands before it."""
        first = column[0]
        if all(number.values == first.values for number in column):
            return first
        return "" if first.sort == RATE else first.before + self.letter(column)

    def letter(self, column: Column) -> str:
        sort = column[0].sort
        values = [number.values for number in column]
        for name, known in self.columns.items():
            found = _ratio(name, [number.values for number in known], values, sort in MULTIPLIED)
            if found and (known[0].sort == sort or self._turned(known, column)):
                return found
        name = next(self.names[sort])
        self.columns[name] = column
        return name

    @staticmethod
    def _turned(known: Column, column: Column) -> bool:
        """Whether sizes may be channels, which come last in some shapes; of few numbers it may be chance."""
        return known[0].sort in MULTIPLIED and column[0].sort in MULTIPLIED and len(column) > 2


def _ratio(name: str, known: Sequence[Pair], values: Sequence[Pair], multiplied: bool) -> str:
    """``a`` for equal numbers, ``2a`` and ``a/4`` for multiples and parts."""
    if known == values:
        return name
    for factor in FACTORS if multiplied else ():
        if _times(factor, known) == values:
            return f"{factor}{name}"
        if known == _times(factor, values):
            return f"{name}/{factor}"
    return ""


def _times(factor: int, values: Sequence[Pair]) -> list[Pair]:
    return [(factor * a, factor * b) for a, b in values]


def _endless(names: Sequence[str]) -> Iterator[str]:
    """The names, then the same with primes."""
    for primes in count():
        for name in names:
            yield name + "′" * primes
