"""Overview -> Figure: each form of block in a panel of its own, and a box in its place wherever it stands.

Figure
├── overview   a Series of boxes, groups and joins
└── panels     Panel: a title, what reaches it, its Series, and a table of what its letters are in each place
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnnspec.engine.diagnostics import count
from cnnspec.engine.diagram.fold import all_folded
from cnnspec.engine.diagram.fuse import fused
from cnnspec.engine.diagram.keys import joined, without
from cnnspec.engine.diagram.kinds import BLOCK, CLOSED
from cnnspec.engine.diagram.text import Text
from cnnspec.engine.diagram.tree import Box, DrawnBlock, DrawnGroup, Element, Repeat, Series
from cnnspec.engine.diagram.variables import Letters, lettered
from cnnspec.engine.spec.items import SCOPE

# A chain with a box in the place of each block.


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
        if isinstance(element, DrawnBlock):
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
        if isinstance(element, DrawnBlock):
            return _box(element, self.titles[element.drawn_as], without(joined(element.key), self.known))
        if isinstance(element, DrawnGroup):
            dots = element.key[0].count(".")
            title = without(joined(element.key), self.framed)
            body = replace(self, known=dots, framed=dots + 1).boxed(element.body)
            return replace(element, key=(title, title), body=body)
        return _quiet(element.with_inside([self.boxed(one) for one in element.inside]))


def _quiet(element: Element) -> Element:
    return replace(element, body=element.body.silent()) if isinstance(element, Repeat) else element


def _box(block: DrawnBlock, title: str, key: str) -> Box:
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
        flat = isinstance(part, DrawnGroup) and not part.note and not part.body.taps
        parts += part.body.parts if isinstance(part, DrawnGroup) and flat else [part]
        places.append(len(parts))
    return Series(tuple(parts), tuple((places[at], tap) for at, tap in series.taps))


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class PanelTable:
    """``columns`` are letters; a row says what they stand for at ``key``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Panel:
    """``takes``: the shape that reaches it, nothing where it takes several."""

    title: str
    takes: Text
    body: Series
    table: PanelTable


@dataclass(frozen=True)
class Figure:
    """``name`` and ``total`` are the lines above it."""

    name: str
    total: str
    overview: Series
    panels: tuple[Panel, ...]


def figure(name: str, total: str, overview: Series) -> Figure:
    """The figure of an overview that holds its blocks."""
    found: dict[object, list[DrawnBlock]] = {}
    blocks = _blocks(overview)
    while blocks:
        for block in blocks:
            found.setdefault(block.drawn_as, []).append(block)
        blocks = [inner for block in blocks if not block.closed for inner in _blocks(block.body)]
    titles = _titles([blocks[0] for blocks in found.values()])
    panels = [_panel(titles[form], blocks, titles) for form, blocks in found.items() if not blocks[0].closed]
    return Figure(name, total, all_folded(boxed(overview, titles, with_keys=True)), tuple(panels))


def _blocks(element: Element) -> list[DrawnBlock]:
    """The blocks that are not within another."""
    if isinstance(element, DrawnBlock):
        return [element]
    return [block for inner in element.inside for block in _blocks(inner)]


def _titles(blocks: Sequence[DrawnBlock]) -> dict[object, str]:
    """The type, with a letter where blocks of one type have several forms."""
    names = [_name(block) for block in blocks]
    several = Counter(names)
    seen: Counter[str] = Counter()
    titles: dict[object, str] = {}
    for block, name in zip(blocks, names, strict=True):
        seen[name] += 1
        number = seen[name] - 1
        letter = LETTERS[number] if several[name] <= len(LETTERS) else str(number + 1)
        titles[block.drawn_as] = f"{name} {letter}" if several[name] > 1 and not block.closed else name
    return titles


def _name(block: DrawnBlock) -> str:
    """Its type, or the name of one that has none."""
    return block.key[0].rpartition(".")[2] if block.type == SCOPE else block.type


def _panel(title: str, blocks: Sequence[DrawnBlock], titles: dict[object, str]) -> Panel:
    bodies = [boxed(block.body, titles, with_keys=False) for block in blocks]
    takes = [block.takes[0] if len(block.takes) == 1 else () for block in blocks]
    letters, taken, body = lettered(takes, bodies)
    return Panel(title, taken, all_folded(body), _table(blocks, letters))


def _table(blocks: Sequence[DrawnBlock], letters: Letters) -> PanelTable:
    rows = [(joined(block.key), row) for block, row in zip(blocks, letters.rows, strict=True)]
    return PanelTable(letters.names, tuple(rows) if letters.names else ())
