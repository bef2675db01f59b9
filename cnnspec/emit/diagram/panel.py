"""Overview -> Figure: each form of block in a panel of its own, and a box in its place wherever it stands.

Figure
├── overview   a Series of boxes, groups and joins
└── panels     Panel: a title, what reaches it, its Series, and a table of what its letters are in each place
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cnnspec.emit.diagram.boxed import boxed
from cnnspec.emit.diagram.keys import joined
from cnnspec.emit.diagram.text import Text
from cnnspec.emit.diagram.tree import Block, Element, Series
from cnnspec.emit.diagram.variables import Letters, lettered
from cnnspec.spec.items import SCOPE

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Table:
    """``columns`` are letters; a row says what they stand for at ``key``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Panel:
    """``takes``: the shape that reaches it, nothing where it takes several."""

    title: str
    takes: Text
    body: Series
    table: Table


@dataclass(frozen=True)
class Figure:
    """``name`` and ``total`` are the lines above it."""

    name: str
    total: str
    overview: Series
    panels: tuple[Panel, ...]


def figure(name: str, total: str, overview: Series) -> Figure:
    """The figure of an overview that holds its blocks."""
    found: dict[object, list[Block]] = {}
    blocks = _blocks(overview)
    while blocks:
        for block in blocks:
            found.setdefault(block.drawn_as, []).append(block)
        blocks = [inner for block in blocks if not block.closed for inner in _blocks(block.body)]
    titles = _titles([blocks[0] for blocks in found.values()])
    panels = [_panel(titles[form], blocks, titles) for form, blocks in found.items() if not blocks[0].closed]
    return Figure(name, total, boxed(overview, titles, with_keys=True), tuple(panels))


def _blocks(element: Element) -> list[Block]:
    """The blocks that are not within another."""
    if isinstance(element, Block):
        return [element]
    return [block for inner in element.inside for block in _blocks(inner)]


def _titles(blocks: Sequence[Block]) -> dict[object, str]:
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


def _name(block: Block) -> str:
    """Its type, or the name of one that has none."""
    return block.key[0].rpartition(".")[2] if block.type == SCOPE else block.type


def _panel(title: str, blocks: Sequence[Block], titles: dict[object, str]) -> Panel:
    bodies = [boxed(block.body, titles, with_keys=False) for block in blocks]
    takes = [block.takes[0] if len(block.takes) == 1 else () for block in blocks]
    letters, taken, body = lettered(takes, bodies)
    return Panel(title, taken, body, _table(blocks, letters))


def _table(blocks: Sequence[Block], letters: Letters) -> Table:
    rows = [(joined(block.key), row) for block, row in zip(blocks, letters.rows, strict=True)]
    return Table(letters.names, tuple(rows) if letters.names else ())
