"""Overview -> Figure: each form of block in a panel of its own, and a box in its place wherever it stands.

Figure
├── overview   a Series of boxes, groups and joins
└── panels     Panel: a title, what reaches it, its Series, and a table of what its letters are in each place
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnspec.emit.diagram.fuse import fused
from cnnspec.emit.diagram.kinds import BLOCK, CLOSED
from cnnspec.emit.diagram.text import Text
from cnnspec.emit.diagram.tree import Block, Box, Element, Group, Key, Repeat, Series
from cnnspec.emit.diagram.variables import Letters, lettered
from cnnspec.network import Graph
from cnnspec.spec.items import SCOPE

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Table:
    """``columns`` are letters; a row says what they stand for at ``key``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Panel:
    """``takes``: the shape that reaches it, nothing where it takes several. ``places``: how often it is drawn as a box."""

    title: str
    takes: Text
    body: Series
    table: Table
    places: int


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
    return Figure(name, total, _boxed(overview, titles, True), tuple(panels))


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


def _boxed(series: Series, titles: dict[object, str], with_keys: bool) -> Series:
    """With a box in the place of each block; copies keep their last shape to themselves, what follows has its own."""

    def boxed(element: Element, known: int, framed: int) -> Element:
        """``known``: how many parts of a key the frames around say; ``framed``: those that the innermost does not."""
        if isinstance(element, Block):
            return _box(element, titles[element.drawn_as], _without(joined(element.key), known) if with_keys else "")
        if isinstance(element, Group):
            parts = element.key[0].count(".")
            body = boxed(element.body, parts, parts + 1)
            short = _without(joined(element.key), framed)
            return replace(element, key=(short, short), body=body)
        inner = element.with_inside([boxed(inner, known, framed) for inner in element.inside])
        if isinstance(inner, Series) and not with_keys:
            return fused(_flat(inner))
        return replace(inner, body=inner.body.silent()) if isinstance(inner, Repeat) else inner

    found = boxed(series, 0, 0)
    assert isinstance(found, Series)
    return found


def _box(block: Block, title: str, key: str) -> Box:
    """What stands in the place of a block: its title, its key, and whose weights it has."""
    said = [key] if key not in (title, block.note) else []
    said += [block.note] if block.note else []
    said += [f"{block.layers} layers"] if block.closed else []
    below: Text = (" · ".join(filter(None, said)),) if any(said) else ()
    kind = CLOSED if block.closed else BLOCK
    return Box(kind, (title,), block.gives, block.key, below=below, count=block.layers)


def _flat(series: Series) -> Series:
    """Without the groups, which have no frames in a panel."""
    parts: list[Element] = []
    places = [0]
    for part in series.parts:
        parts += part.body.parts if isinstance(part, Group) and not part.note else [part]
        places.append(len(parts))
    return Series(tuple(parts), tuple((places[at], tap) for at, tap in series.taps))


def _without(key: str, parts: int) -> str:
    """A key without its first parts."""
    return ".".join(key.split(".")[parts:])


def _panel(title: str, blocks: Sequence[Block], titles: dict[object, str]) -> Panel:
    bodies = [_boxed(block.body, titles, False) for block in blocks]
    takes = [block.takes[0] if len(block.takes) == 1 else () for block in blocks]
    letters, taken, body = lettered(takes, bodies)
    return Panel(title, taken, body, _table(blocks, letters), len(blocks))


def _table(blocks: Sequence[Block], letters: Letters) -> Table:
    rows = [(joined(block.key), row) for block, row in zip(blocks, letters.rows, strict=True)]
    return Table(letters.names, tuple(rows) if letters.names else ())


def joined(key: Key) -> str:
    """``layer1.1…2``: the keys of copies that are drawn once, what they share said once."""
    first, last = (text.split(".") for text in key)
    return ".".join(_range(a, b) for a, b in zip(first, last, strict=False))


def _range(first: str, last: str) -> str:
    """``layer1…6``."""
    if first == last:
        return first
    stem = first.rstrip("0123456789")
    shared = stem == last.rstrip("0123456789")
    return f"{first}…{last[len(stem) :] if shared else last}"
