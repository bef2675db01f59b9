"""Names: an id where the position does not give the key by itself, and where something takes or shares the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cnnspec.importing.items import Item
from cnnspec.spec.items import SCOPE
from cnnspec.spec.names import id_fault


@dataclass(slots=True)
class _Scope:
    """A scope whose lines are named; ``given`` are the names of values that no line makes."""

    items: list[Item]
    given: Mapping[int, str]
    parent: _Scope | None = None
    taken: set[str] = field(default_factory=set)

    def find(self, value: int) -> tuple[_Scope, Item] | None:
        """The line that makes a value, from this scope outwards."""
        for item in self.items:
            if item.value == value:
                return self, item
        return self.parent.find(value) if self.parent else None


def name(items: list[Item], inputs: Iterable[str], wanted: Iterable[int], heads: Iterable[Item]) -> dict[int, str]:
    """Gives ids to the lines of a network and of its heads; returns those of the values that are wanted by name."""
    root = _Scope([*lines(items)], {-1 - number: word for number, word in enumerate(inputs)})
    _name(root)
    for head in heads:
        _name(_Scope([*lines(head.body or [])], root.given, root))
    return {value: str(_source(root, value)) for value in wanted}


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
                _name(_Scope(inner, scope.given, scope))
            else:
                assert item.entry is not None
                _name(_Scope(inner, {item.entry: "input"}))


def _own_names(scope: _Scope) -> None:
    for item in scope.items:
        if item.name is not None and not item.stateful and (item.name.isdecimal() or id_fault(item.name)):
            item.name = None
    shared = {item.share for item in scope.items if item.share is not None}
    named = [(position, item) for position, item in enumerate(_placed(scope.items)) if item.name is not None]
    counted = any(item.name != str(position) and (item.name or "").isdecimal() for position, item in named)
    for position, item in named:
        free = item.name == str(position) and not counted and item.name not in shared
        item.id = None if free else item.name
    scope.taken = {item.id for item in scope.items if item.id is not None}
    for item in _placed(scope.items):
        if item.id is None and counted:  # positions are no keys here: they could take the number of another
            item.id = _new(scope, item)


def _placed(items: Iterable[Item]) -> list[Item]:
    """The lines that have a position: one that runs a module again has none."""
    return [item for item in items if item.share is None]


def _source(scope: _Scope, value: object) -> object:
    """How `from` calls a value."""
    if not isinstance(value, int):
        return value
    found = scope.find(value)
    if found is None:
        return scope.given.get(value, "input")
    owner, item = found
    if item.id is None:
        item.id = str(_placed(owner.items).index(item)) if item.stateful else _new(owner, item)
    return item.id


def _new(scope: _Scope, item: Item) -> str:
    """A name after the layer, with the first number that is free."""
    word = item.op.lower() if item.share is None else f"{item.share}_again"
    number = next(n for n in range(1, len(scope.items) + 2) if f"{word}{n}" not in scope.taken)
    scope.taken.add(f"{word}{number}")
    return f"{word}{number}"
