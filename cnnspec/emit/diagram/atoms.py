"""A chain taken apart where it may be wrapped, and put together again.

Series ──atoms──► Atom …  ──regrouped──► a Series for each column
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from cnnspec.emit.diagram.tree import Element, Group, Series


@dataclass(frozen=True, slots=True)
class Atom:
    """``taps`` begin below the part, ``first`` above it."""

    part: Element
    frames: tuple[Group, ...]
    taps: tuple[Series, ...]
    first: tuple[Series, ...]

    def frame(self, level: int) -> Group | None:
        return self.frames[level] if level < len(self.frames) else None


def atoms(series: Series, frames: tuple[Group, ...] = ()) -> list[Atom]:
    """The parts of a chain, those in frames as well; a frame in which side branches begin is one of them."""
    found: list[Atom] = []
    for i, part in enumerate(series.parts):
        taps, first = tuple(series.taps_at(i + 1)), tuple(series.taps_at(0)) if not i else ()
        if isinstance(part, Group) and not (part.body.taps or taps or first):
            found += atoms(part.body, (*frames, part))
        else:
            found.append(Atom(part, frames, taps, first))
    return found


def regrouped(run: Sequence[Atom], level: int = 0) -> Series:
    """A run of atoms as a chain, in its frames."""
    parts: list[Element] = []
    taps: list[tuple[int, Series]] = []
    for frame, group in groupby(run, key=lambda atom: atom.frame(level)):
        if frame is not None:
            parts.append(Group(frame.key, regrouped(list(group), level + 1), frame.note))
            continue
        for atom in group:
            taps += [(len(parts), tap) for tap in atom.first]
            parts.append(atom.part)
            taps += [(len(parts), tap) for tap in atom.taps]
    return Series(tuple(parts), tuple(taps))
