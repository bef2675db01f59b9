"""Chains of several copies of a module -> columns: which line of one is which line of another.

    copy 1   conv1  relu  conv2              column    conv1  relu  conv2  downsample
    copy 2   conv1  relu  conv2  downsample            in all three ────┘      └ in the second

Copies are aligned to the one that has most lines. Where one has a join over an empty path and another has only what
the other path holds, the join is there in both, and its empty path in one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnnspec.engine.layers import FAMILIES, JOINS, REGISTRY, Shape
from cnnspec.pytorch.importing.items import ImportedItem

DIGITS = re.compile(r"\d+")
INTERCHANGEABLE = ("activation", "normalisation")


class NotAlike(Exception):
    """Copies that have too little in common for one definition."""


@dataclass(slots=True, eq=False)
class AlignedChain:
    """The items of one copy, and the shape that reaches the first."""

    items: list[ImportedItem]
    entry: Shape

    @property
    def end(self) -> Shape:
        return self.items[-1].out if self.items else self.entry


@dataclass(slots=True, eq=False)
class AlignedColumn:
    """One line of the definition: the copies' own lines, and the shapes that reach it (None: no such chain)."""

    members: list[ImportedItem | None]
    shapes: list[Shape | None]
    body: list[AlignedColumn] | None = None
    paths: list[Branch] | None = None

    @property
    def present(self) -> list[int]:
        """The copies that have the line."""
        return [i for i, member in enumerate(self.members) if member is not None]

    @property
    def first(self) -> ImportedItem:
        return next(member for member in self.members if member is not None)


@dataclass(slots=True, eq=False)
class Branch:
    """One path of a join: which copies have it, and its lines."""

    present: list[bool | None]  # None: the join itself is not there
    shapes: list[Shape | None]
    columns: list[AlignedColumn]


def merge(chains: Sequence[AlignedChain | None]) -> list[AlignedColumn]:
    """The columns of chains, None where a copy has no such chain. Raises Unlike."""
    joins = _shortcuts(chains)
    chains = [None if chain is None else AlignedChain(_wrapped(chain.items, joins), chain.entry) for chain in chains]
    there = [chain for chain in chains if chain is not None]
    base = max(there, key=lambda chain: _size(chain.items))
    rows: list[list[ImportedItem | None]] = [[*base.items]]  # the base stands in front while it is aligned to
    for chain in chains:
        rows = _aligned(rows, [] if chain is None else chain.items)
    members = [[row[column] for row in rows[1:]] for column in range(len(rows[0]))]
    return [_column(line, chains, number, members) for number, line in enumerate(members)]


def _size(items: Sequence[ImportedItem]) -> int:
    """How many lines a chain and those below it have; a path of a join may be None, where it is not there."""
    return sum(1 + sum(_size(chain or ()) for chain in item.children()) for item in items)


def _column(
    members: list[ImportedItem | None],
    chains: Sequence[AlignedChain | None],
    number: int,
    table: list[list[ImportedItem | None]],
) -> AlignedColumn:
    shapes = [_reaching(chain, number, i, table) for i, chain in enumerate(chains)]
    column = AlignedColumn(members, shapes)
    found = [member for member in members if member is not None]
    if any(member.body is not None for member in found):
        bodies = [None if m is None or m.body is None else AlignedChain(m.body, m.shape) for m in members]
        column.body = merge(bodies)
    if any(member.paths is not None for member in found):
        column.paths = _branches(members)
    return column


def _reaching(
    chain: AlignedChain | None, number: int, copy: int, table: list[list[ImportedItem | None]]
) -> Shape | None:
    """The shape that reaches a line in a copy: where it has none, that of the line behind."""
    if chain is None:
        return None
    following = (row[copy] for row in table[number:])
    return next((item.shape for item in following if item is not None), chain.end)


# ---------------------------------------------------------------------------------------------------------- alignment


def _aligned(rows: list[list[ImportedItem | None]], items: list[ImportedItem]) -> list[list[ImportedItem | None]]:
    """The rows with one more, and with columns for what only that one has."""
    columns = [[row[c] for row in rows] for c in range(len(rows[0]))]
    pairs = _pairs(columns, items)
    out: list[list[ImportedItem | None]] = []
    for column, item in pairs:
        old: list[ImportedItem | None] = [None] * len(rows) if column is None else columns[column]
        out.append([*old, None if item is None else items[item]])
    return [list(row) for row in zip(*out, strict=True)] if out else [[] for _ in range(len(rows) + 1)]


def _pairs(columns: list[list[ImportedItem | None]], items: list[ImportedItem]) -> list[tuple[int | None, int | None]]:
    """Columns and items in one order, with the most alike side by side."""
    scores = [[0.0] * (len(items) + 1) for _ in range(len(columns) + 1)]
    for c in reversed(range(len(columns))):
        for i in reversed(range(len(items))):
            both = _likeness(columns[c], items[i])
            diagonal = both + scores[c + 1][i + 1] if both else 0.0
            scores[c][i] = max(diagonal, scores[c + 1][i], scores[c][i + 1])
    pairs: list[tuple[int | None, int | None]] = []
    c = i = 0
    while c < len(columns) or i < len(items):
        both = _likeness(columns[c], items[i]) if c < len(columns) and i < len(items) else 0.0
        if both and scores[c][i] == both + scores[c + 1][i + 1]:
            pairs.append((c, i))
            c, i = c + 1, i + 1
        elif i == len(items) or (c < len(columns) and scores[c][i] == scores[c + 1][i]):
            pairs.append((c, None))
            c += 1
        else:
            pairs.append((None, i))
            i += 1
    return pairs


def _likeness(column: list[ImportedItem | None], item: ImportedItem) -> float:
    return max((likeness(other, item) for other in column if other is not None), default=0.0)


def likeness(one: ImportedItem, other: ImportedItem) -> float:
    """How much two lines are alike; 0 where they cannot be one line."""
    words = [(item.share, item.sources, item.foreach) for item in (one, other)]
    if _pattern(one.id) != _pattern(other.id) or words[0] != words[1]:
        return 0.0
    if one.op == other.op:
        names, equal = {*one.args} & {*other.args}, sum(one.args.get(n) == value for n, value in other.args.items())
        every = 1 + len({*one.args} | {*other.args})
        return 2.0 + (2 * len(names) + int(equal)) / every + (0.5 if one.repeat == other.repeat else 0.0)
    return 1.0 if family(one.op) is not None and family(one.op) == family(other.op) else 0.0


def _pattern(id: str | None) -> str | None:
    return None if id is None else DIGITS.sub("#", id)


def family(op: str) -> str | None:
    """The family of layers in which one may stand for another."""
    return next((name for name in INTERCHANGEABLE if op in REGISTRY and hasattr(FAMILIES[name], op)), None)


# -------------------------------------------------------------------------------------------------------------- joins


def _shortcuts(chains: Sequence[AlignedChain | None]) -> list[ImportedItem]:
    """The joins over an empty path, of the copy that has most of them."""
    found = [
        [item for item in chain.items if item.op in JOINS and item.paths and [] in item.paths]
        for chain in chains
        if chain is not None
    ]
    return max(found, key=len, default=[])


def _wrapped(items: list[ImportedItem], joins: list[ImportedItem]) -> list[ImportedItem]:
    """The items with the joins that they lack: what they hold of such a join becomes its one path."""
    for join in joins:
        if any(item.op == join.op for item in items):
            continue
        path = next((path for path in join.paths or () if path), [])
        start = next((i for i, item in enumerate(items) if path and likeness(path[0], item)), None)
        if start is not None:
            pairs = _pairs([[item] for item in path], items[start:])
            end = start + 1 + max(item for column, item in pairs if column is not None and item is not None)
            within = items[start:end]
            paths: list[Any] = [within if p is path else None for p in join.paths or ()]
            lone = replace(join, paths=paths, shape=within[0].shape, out=within[-1].out, args={})
            items = [*items[:start], lone, *items[end:]]
    return items


def _branches(members: list[ImportedItem | None]) -> list[Branch]:
    """The paths of a join over the copies, one by one. Raises Unlike where they differ in number."""
    numbers = {len(member.paths) for member in members if member is not None and member.paths is not None}
    if len(numbers) != 1 or any(member is not None and member.paths is None for member in members):
        raise NotAlike
    return [_branch(members, number) for number in range(numbers.pop())]


def _branch(members: list[ImportedItem | None], number: int) -> Branch:
    chains: list[AlignedChain | None] = []
    present: list[bool | None] = []
    for member in members:
        path = None if member is None or member.paths is None else member.paths[number]
        present.append(None if member is None else path is not None)
        chains.append(None if path is None or member is None else AlignedChain(path, member.shape))
    shapes = [None if member is None else member.shape for member in members]
    return Branch(present, shapes, merge(chains) if any(chains) else [])
