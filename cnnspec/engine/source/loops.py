"""The head of a loop: what it counts or walks, and the names that it sets for its body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from cnnspec.engine.source.code import code, expr, name
from cnnspec.engine.source.formulas import first_of
from cnnspec.engine.source.making import Maker
from cnnspec.engine.source.names import INDEX, SourceNames, Unsolved
from cnnspec.engine.source.naming import LETTERS, spelled
from cnnspec.engine.source.simplify import without_one
from cnnspec.engine.source.solve import hint
from cnnspec.engine.source.template import LoopTemplate
from cnnspec.engine.source.text import Doc, Text, call
from cnnspec.engine.source.values import Point, Slot, frozen, is_constant, literal, only
from cnnspec.engine.syntax import Map


def within(loop: LoopTemplate, names: SourceNames, *, readable: bool = True) -> SourceNames:
    """The names in the body of a loop: what it walks, and the number of its round. Raises Unsolved."""
    if loop.ragged:
        raise Unsolved
    spec = {at: found.names for at, found in loop.rounds.items()}
    if not readable:
        return SourceNames(names.depth + 1, {}, spec, names)
    walked = [each for each in only(spec) if each != INDEX]
    if any(each in names for each in walked):
        raise Unsolved  # the loop would leave its last value in a name that is read behind it
    index = next(letter for letter in _letters() if letter not in names and letter not in walked)
    own: dict[str, Slot] = {each: {at: frozen(found[each]) for at, found in spec.items()} for each in walked}
    own[index] = {at: at[-1] for at in spec}
    return SourceNames(names.depth + 1, own, spec, names, index)


def _letters() -> Iterator[str]:
    yield from LETTERS
    yield from (f"i{number}" for number in count())


def header(
    loop: LoopTemplate, names: SourceNames, inner: SourceNames, read: frozenset[str], maker: Maker, less: int = 0
) -> tuple[str, Doc]:
    """What stands before and behind the `in` of a loop whose body reads some names; ``less``: rounds left out."""
    walked = [each for each in inner.own if each != inner.index and spelled(each) in read]
    if not walked:
        counted = inner.index if inner.index in read else "_"
        return f"for {counted} in ", call("range", _count(loop, names, maker, less))
    target = ", ".join(map(spelled, walked))
    if inner.index not in read:
        return f"for {target} in ", _lists(loop, names, walked, maker)
    nested = target if len(walked) == 1 else f"({target})"
    return f"for {inner.index}, {nested} in ", call("enumerate", _lists(loop, names, walked, maker))


def _count(loop: LoopTemplate, names: SourceNames, maker: Maker, less: int) -> Text:
    """How many rounds there are: as the spec says, or as long as a list is. Raises Unsolved."""
    slot = {point: loop.count_at(point) - less for point in loop.points}
    said = hint(only(loop.rounds).loop)
    if said is not None and less:
        said = without_one(said)
    found = maker.solver.stated(slot, names, said, None)
    lengths = (expr("call", "len", (name(each),)) for each in names)
    found = found or first_of(lengths, names, slot)
    if found is None:
        raise Unsolved
    maker.written.append(found)
    return code(found)


def _lists(loop: LoopTemplate, names: SourceNames, walked: Sequence[str], maker: Maker) -> Doc:
    """What a loop walks: one list, rows of several, or several side by side. Raises Unsolved."""
    slots = {each: _walked(loop, each) for each in walked}
    if all(map(is_constant, slots.values())):
        columns = [only(slot) for slot in slots.values()]
        return literal(columns[0] if len(columns) == 1 else tuple(zip(*columns, strict=True)))
    docs = [_one_list(loop, each, slot, names, maker) for each, slot in slots.items()]
    return docs[0] if len(docs) == 1 else call("zip", *docs, Text("strict=True"))


def _walked(loop: LoopTemplate, each: str) -> Slot:
    """A list that is walked, at each point of the loop."""
    found: dict[Point, tuple[object, ...]] = dict.fromkeys(loop.points, ())
    for at in sorted(loop.rounds):
        found[at[:-1]] += (frozen(loop.rounds[at].names[each]),)
    return found


def _one_list(loop: LoopTemplate, each: str, slot: Slot, names: SourceNames, maker: Maker) -> Doc:
    node = only(loop.rounds).loop
    entry = node.entry(each) if isinstance(node, Map) else None
    found = maker.solver.stated(slot, names, hint(entry.value) if entry else None, None)
    if found is None:
        raise Unsolved
    return maker.write(found)
