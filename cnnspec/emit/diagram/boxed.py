"""A chain with a box in the place of each block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cnnspec.diagnostics import count
from cnnspec.emit.diagram.fuse import fused
from cnnspec.emit.diagram.keys import joined, without
from cnnspec.emit.diagram.kinds import BLOCK, CLOSED
from cnnspec.emit.diagram.text import Text
from cnnspec.emit.diagram.tree import Block, Box, Element, Group, Repeat, Series


def boxed(series: Series, titles: Mapping[object, str], *, with_keys: bool) -> Series:
    """The chain; ``titles`` are those of blocks by what they are drawn as.

    With keys it is an overview, whose groups have frames; else a panel, in which nothing tells groups from what is
    around them. Copies keep their last shape to themselves: what follows them has its own.
    """
    found: Series = (_Framed if with_keys else _Plain)(titles).boxed(series)
    return found


@dataclass(frozen=True)
class _Plain:
    titles: Mapping[object, str]

    def boxed(self, element: Element) -> Any:
        if isinstance(element, Block):
            return _box(element, self.titles[element.drawn_as], "")
        inner = element.with_inside([self.boxed(one) for one in element.inside])
        if isinstance(inner, Series):
            return fused(_flat(inner))
        return _quiet(inner)


@dataclass(frozen=True)
class _Framed:
    """``known``: how many parts of a key the frames around tell; ``framed``: the same with the innermost one."""

    titles: Mapping[object, str]
    known: int = 0
    framed: int = 0

    def boxed(self, element: Element) -> Any:
        if isinstance(element, Block):
            return _box(element, self.titles[element.drawn_as], without(joined(element.key), self.known))
        if isinstance(element, Group):
            dots = element.key[0].count(".")
            title = without(joined(element.key), self.framed)
            body = replace(self, known=dots, framed=dots + 1).boxed(element.body)
            return replace(element, key=(title, title), body=body)
        return _quiet(element.with_inside([self.boxed(one) for one in element.inside]))


def _quiet(element: Element) -> Element:
    return replace(element, body=element.body.silent()) if isinstance(element, Repeat) else element


def _box(block: Block, title: str, key: str) -> Box:
    """What stands in the place of a block: its title, its key, and whose weights it has."""
    key = key if key not in (title, block.note) else ""
    layers = count(block.layers, "layer") if block.closed else ""
    said = " · ".join(filter(None, (key, block.note, layers)))
    below: Text = (said,) if said else ()
    kind = CLOSED if block.closed else BLOCK
    return Box(kind, (title,), block.gives, block.key, below=below, count=block.layers)


def _flat(series: Series) -> Series:
    """Without groups, but those that are run again or that have side branches."""
    parts: list[Element] = []
    places = [0]
    for part in series.parts:
        flat = isinstance(part, Group) and not part.note and not part.body.taps
        parts += part.body.parts if isinstance(part, Group) and flat else [part]
        places.append(len(parts))
    return Series(tuple(parts), tuple((places[at], tap) for at, tap in series.taps))
