"""Names: an id where the position does not give the key by itself, and where something takes or shares the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cnnspec.engine.spec.items import GROUP, SCOPE
from cnnspec.engine.spec.names import id_fault
from cnnspec.pytorch.importing.items import ImportedItem


@dataclass(slots=True)
class _NameScope:
    """A scope whose lines are named; ``given`` are the names of values that no line makes.

    ``used`` are the names in it, in the scopes around it and in those below: all that a name may not hide.
    """

    items: list[ImportedItem]
    given: Mapping[int, str]
    parent: _NameScope | None = None
    used: set[str] = field(default_factory=set)

    def find(self, value: int) -> tuple[_NameScope, ImportedItem] | None:
        """The line that makes a value, from this scope outwards."""
        for item in self.items:
            if item.value == value:
                return self, item
        return self.parent.find(value) if self.parent else None

    def hides(self, id: str, owner: _NameScope) -> bool:
        """Whether a line of this scope, or of one between it and the owner's, has the id as well."""
        if self is owner or self.parent is None:
            return False
        return any(item.id == id for item in self.items) or self.parent.hides(id, owner)


def name(
    items: list[ImportedItem], inputs: Iterable[str], wanted: Iterable[int], heads: Iterable[ImportedItem]
) -> dict[int, str]:
    """Gives ids to the lines of a network and of its heads; returns those of the values that are wanted by name."""
    heads = [*heads]
    given = {-1 - number: word for number, word in enumerate(inputs)}
    root = _NameScope([*lines(items)], given, used=_names([*items, *heads]) | {*given.values()})
    _name(root)
    for head in heads:
        _name(_NameScope([*lines(head.body or [])], root.given, root, root.used))
    return {value: str(_source(root, value)) for value in wanted}


def aliased(items: list[ImportedItem]) -> list[ImportedItem]:
    """The lines, each that has a second name in a group of that name."""
    found = []
    for item in items:
        item.body = None if item.body is None else aliased(item.body)
        item.paths = None if item.paths is None else [aliased(path) for path in item.paths]
        group = ImportedItem(GROUP, id=item.alias, body=[item], value=item.value, shape=item.shape, out=item.out)
        found.append(item if item.alias is None else group)
    return found


def _names(items: Iterable[ImportedItem]) -> set[str]:
    """The names in scopes that see each other: those of a block are its own."""
    found = set()
    for item in lines([*items]):
        found.add(item.name or "")
        if item.op == SCOPE:
            found |= _names(item.body or [])
    return found


def lines(items: list[ImportedItem]) -> Iterator[ImportedItem]:
    """The lines of one scope in the order of their positions: those of a join's paths before the join."""
    for item in items:
        for path in item.paths or ():
            yield from lines(path)
        yield item


def _name(scope: _NameScope) -> None:
    _own_names(scope)
    for item in scope.items:
        if item.sources is not None:
            item.sources = tuple(_source(scope, source) for source in item.sources)
    for item in scope.items:
        if item.body is not None:
            inner = [*lines(item.body)]
            if item.op == SCOPE:
                _name(_NameScope(inner, scope.given, scope, scope.used))
            else:
                assert item.entry is not None
                _name(_NameScope(inner, {item.entry: "input"}, used=_names(item.body)))


def _own_names(scope: _NameScope) -> None:
    for item in scope.items:
        if item.name is not None and not item.stateful and (item.name.isdecimal() or id_fault(item.name)):
            item.name = None
    shared = {item.share for item in scope.items if item.share is not None}
    named = [(position, item) for position, item in enumerate(_placed(scope.items)) if item.name is not None]
    counted = any(item.name != str(position) and (item.name or "").isdecimal() for position, item in named)
    for position, item in named:
        free = item.name == str(position) and not counted and item.name not in shared
        item.id = None if free else item.name
    for item in _placed(scope.items):
        if item.id is None and counted:  # positions are no keys here: they could take the number of another
            item.id = _new(scope, item)


def _placed(items: Iterable[ImportedItem]) -> list[ImportedItem]:
    """The lines that have a position: one that runs a module again has none."""
    return [item for item in items if item.share is None]


def _source(scope: _NameScope, value: object) -> object:
    """How `from` calls a value."""
    if not isinstance(value, int):
        return value
    found = scope.find(value)
    if found is None:
        return scope.given.get(value, "input")
    owner, item = found
    if item.id is None:
        item.id = str(_placed(owner.items).index(item)) if item.stateful else _new(owner, item)
    if not scope.hides(item.id, owner):
        return item.id
    if item.alias is None:
        item.alias = _free(scope, f"{item.id}_around")
    return item.alias


def _new(scope: _NameScope, item: ImportedItem) -> str:
    """A name after the layer, with the first number that is free."""
    word = item.op.lower() if item.share is None else f"{item.share}_again"
    return _free(scope, *(f"{word}{n}" for n in range(1, len(scope.used) + 2)))


def _free(scope: _NameScope, *names: str) -> str:
    """The first name that is not used, numbered if need be."""
    wanted = (*names, *(f"{names[-1]}{n}" for n in range(2, len(scope.used) + 3)))
    found = next(name for name in wanted if name not in scope.used)
    scope.used.add(found)
    return found
