"""Names: an id where the position does not give the key by itself, and where another line takes the output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cnnspec.importing.items import Item
from cnnspec.spec.items import SCOPE
from cnnspec.spec.names import id_fault


@dataclass(slots=True)
class _Scope:
    """A scope whose lines are named; ``entry`` is the value that `input` stands for in it."""

    items: list[Item]
    entry: int
    parent: _Scope | None = None
    taken: set[str] = field(default_factory=set)

    def find(self, value: int) -> tuple[_Scope, Item] | None:
        """The line that makes a value, from this scope outwards."""
        for item in self.items:
            if item.value == value:
                return self, item
        return self.parent.find(value) if self.parent else None


def name(items: list[Item], entry: int) -> None:
    """Gives ids to the lines of a network."""
    _name(_Scope([*lines(items)], entry))


def lines(items: list[Item]) -> Iterator[Item]:
    """The lines of one scope in the order of their positions: those of a join's paths before the join."""
    for item in items:
        for path in item.paths or ():
            yield from lines(path)
        yield item


def _name(scope: _Scope) -> None:
    _own_names(scope)
    for item in scope.items:
        if item.sources is not None:
            item.sources = tuple(_source(scope, source) for source in item.sources)
    for item in scope.items:
        if item.body is not None:
            inner = [*lines(item.body)]
            if item.op == SCOPE:
                _name(_Scope(inner, scope.entry, scope))
            else:
                assert item.entry is not None
                _name(_Scope(inner, item.entry))


def _own_names(scope: _Scope) -> None:
    for item in scope.items:
        if item.name is not None and not item.stateful and (item.name.isdecimal() or id_fault(item.name)):
            item.name = None
    named = [(position, item) for position, item in enumerate(scope.items) if item.name is not None]
    counted = any(item.name != str(position) and (item.name or "").isdecimal() for position, item in named)
    for position, item in named:
        item.id = None if item.name == str(position) and not counted else item.name
    scope.taken = {item.id for item in scope.items if item.id is not None}
    for item in scope.items:
        if item.id is None and counted:  # positions are no keys here: they could take the number of another
            item.id = _new(scope, item)


def _source(scope: _Scope, value: object) -> object:
    """How `from` calls a value."""
    if not isinstance(value, int):
        return value
    found = scope.find(value)
    if found is None:
        return "input"
    owner, item = found
    if item.id is None:
        position = owner.items.index(item)
        item.id = str(position) if item.stateful else _new(owner, item)
    return item.id


def _new(scope: _Scope, item: Item) -> str:
    """A name after the layer, with the first number that is free."""
    word = item.op.lower()
    number = next(n for n in range(1, len(scope.items) + 2) if f"{word}{n}" not in scope.taken)
    scope.taken.add(f"{word}{number}")
    return f"{word}{number}"
