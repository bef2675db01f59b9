"""Items -> items and blocks: each class of modules a block, written once.

Classes are defined from the inside outwards, so that a line of one block may call another. Copies that have too little
in common are several blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cnnspec.importing.align import Unlike
from cnnspec.importing.define import Definition, define
from cnnspec.importing.items import Item, walk
from cnnspec.importing.program import Origin, Path
from cnnspec.importing.repeats import shorten
from cnnspec.importing.write import lines_of
from cnnspec.layers import JOINS, REGISTRY
from cnnspec.spec.items import GROUP, SCOPE

SHORT = 6  # rows of a module that is written where it stands, if it stands nowhere else
MOST_FLAGS = 2  # params of a block that only say which lines are there


def fold(items: list[Item], origins: Mapping[Path, Origin]) -> tuple[list[Item], dict[str, Definition]]:
    """The network's own lines, and the blocks in the order in which they are first called."""
    folder = _Folder(origins)
    for op in _inside_out(items):
        items = folder.define(op, items)
    items = shorten(items)
    return items, _in_order(items, folder.blocks)


class _Folder:
    def __init__(self, origins: Mapping[Path, Origin]) -> None:
        self.origins = origins
        self.blocks: dict[str, Definition] = {}
        self.defaults: dict[str, dict[str, Any]] = {}

    def define(self, op: str, items: list[Item]) -> list[Item]:
        """The items with every module of a class as a call of its block."""
        copies = [item for item in walk(items) if item.op == op and item.body is not None]
        copies = [replace(copy, body=shorten(copy.body or [])) for copy in copies]
        if len(copies) == 1 and _is_short(copies[0]):
            return _replaced(items, {id_of(copies[0]): replace(copies[0], op=SCOPE)})
        calls: dict[Any, Item] = {}
        for group in self.groups(op, copies):
            definition = self.definition(op, group)
            for copy, arguments in zip(group, definition.calls, strict=True):
                calls[id_of(copy)] = replace(copy, op=definition.name, args=arguments, body=None)
        return _replaced(items, calls)

    def groups(self, op: str, copies: list[Item]) -> list[list[Item]]:
        """Copies that are one block: all of them, or those of one structure each."""
        try:
            if define(op, copies, self.origin(copies), self.defaults).flags <= MOST_FLAGS:
                return [copies]
        except Unlike:
            pass
        groups: dict[Any, list[Item]] = {}
        for copy in copies:
            groups.setdefault(_structure(copy.body or []), []).append(copy)
        return [*groups.values()]

    def origin(self, copies: list[Item]) -> list[Origin | None]:
        return [self.origins.get(copy.path) for copy in copies]

    def definition(self, op: str, copies: list[Item]) -> Definition:
        made = define(self.name(op), copies, self.origin(copies), self.defaults)
        self.blocks[made.name] = made
        self.defaults[made.name] = {param.name: param.default for param in made.params.found.values()}
        return made

    def name(self, op: str) -> str:
        """A block's name: that of the class, with a capital and no name of a layer."""
        word = re.sub(r"\W", "", op).lstrip("_0123456789") or "Block"
        word = word[0].upper() + word[1:]
        taken = {*REGISTRY, *JOINS, SCOPE, GROUP, *self.blocks}
        return next(name for name in (word, *(f"{word}{n}" for n in range(2, 1000))) if name not in taken)


def id_of(item: Item) -> Any:
    return (item.path, item.value, item.op)


def _replaced(items: list[Item], calls: Mapping[Any, Item]) -> list[Item]:
    return [_replace(item, calls) for item in items]


def _replace(item: Item, calls: Mapping[Any, Item]) -> Item:
    if item.body is not None and id_of(item) in calls:
        return calls[id_of(item)]
    body = None if item.body is None else _replaced(item.body, calls)
    paths = None if item.paths is None else [_replaced(path, calls) for path in item.paths]
    return replace(item, body=body, paths=paths)


def _is_short(item: Item) -> bool:
    reads_input = any("input" in (inner.sources or ()) for inner in walk(item.body or []))
    return not reads_input and sum(len(lines_of(inner)) for inner in item.body or ()) <= SHORT


def _structure(items: list[Item]) -> Any:
    """What the lines of a chain are, their arguments aside."""
    return tuple(
        (
            item.op,
            re.sub(r"\d+", "#", item.id or ""),
            item.sources,
            item.repeat is None,
            None if item.body is None else _structure(item.body),
            None if item.paths is None else tuple(map(_structure, item.paths)),
        )
        for item in items
    )


def _inside_out(items: list[Item]) -> list[str]:
    """The classes that become blocks, each behind those that stand in it."""
    within: dict[str, set[str]] = {}
    for item in walk(items):
        if item.body is not None and item.op != SCOPE:
            inner = {i.op for i in walk(item.body) if i.body is not None and i.op not in (SCOPE, item.op)}
            within.setdefault(item.op, set()).update(inner)
    order: list[str] = []
    while len(order) < len(within):
        ready = [op for op in within if op not in order and within[op] <= {*order}]
        order.append((ready or [op for op in within if op not in order])[0])
    return order


def _in_order(items: list[Item], blocks: Mapping[str, Definition]) -> dict[str, Definition]:
    """The blocks that are called, each behind the first that calls it."""
    found: dict[str, Definition] = {}
    left = [*_called(items)]
    while left:
        name = left.pop(0)
        if name in blocks and name not in found:
            found[name] = blocks[name]
            left += _called(blocks[name].layers)
    return found


def _called(items: list[Item]) -> Iterator[str]:
    for item in walk(items):
        yield item.op
