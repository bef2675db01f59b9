"""Chains -> shorter chains: lines that follow each other alike become one with `repeat`, or with `foreach`.

    Conv, ReLU, Conv, ReLU, Conv, ReLU ─► layers: [Conv, ReLU], repeat: 3
    denselayer1, denselayer2, …        ─► id: denselayer$(index + 1), repeat: 6
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from cnnspec.importing.items import Item
from cnnspec.importing.names import lines
from cnnspec.importing.write import lines_of
from cnnspec.layers import REGISTRY
from cnnspec.spec.items import GROUP

NUMBER = re.compile(r"\d+")
LONGEST = 12  # lines that are repeated together
MOST_WALKED = 3  # lists that `foreach` walks together
FEWEST_STEPS = 3  # of a `foreach`


def shorten(items: list[Item]) -> list[Item]:
    """The chain, and those below it, with what repeats written once."""
    items = [_inside(item) for item in items]
    for fold in (_repeated, _walked):
        before = None
        while before != len(items):
            before = len(items)
            items = _folded(items, fold)
    return items


def _inside(item: Item) -> Item:
    body = None if item.body is None else shorten(item.body)
    paths = None if item.paths is None else [path if path is None else shorten(path) for path in item.paths]
    return replace(item, body=body, paths=paths)


Fold = Callable[[list[list[Item]]], "list[Item] | None"]


def _folded(items: list[Item], fold: Fold) -> list[Item]:
    """One pass: at each place the shortest run that repeats."""
    out: list[Item] = []
    at = 0
    while at < len(items):
        found = _run(items, at, fold)
        if found is None:
            out.append(items[at])
            at += 1
        else:
            more, taken = found
            out += more
            at += taken
    return out


def _run(items: list[Item], at: int, fold: Fold) -> tuple[list[Item], int] | None:
    for period in range(1, min(LONGEST, (len(items) - at) // 2) + 1):
        rounds = [items[at : at + period]]
        while at + (len(rounds) + 1) * period <= len(items):
            following = items[at + len(rounds) * period : at + (len(rounds) + 1) * period]
            if fold([*rounds[:1], following]) is None and fold([rounds[0], *rounds[1:], following]) is None:
                break
            rounds.append(following)
        made = fold(rounds) if len(rounds) >= (2 if fold is _repeated else FEWEST_STEPS) else None
        if made is not None and _saves(rounds, made):
            return made, len(rounds) * period
    return None


def _saves(rounds: list[list[Item]], made: list[Item]) -> bool:
    """Whether the text gets shorter; calls of blocks are counted even where it stays as long."""
    before = sum(len(lines_of(item)) for items in rounds for item in items)
    after = sum(len(lines_of(item)) for item in made)
    calls = all(item.op not in REGISTRY for items in rounds for item in items)
    return before - after >= (0 if calls else 1)


# -------------------------------------------------------------------------------------------------------------- repeat


def _repeated(rounds: list[list[Item]]) -> list[Item] | None:
    """The rounds as one that is repeated; None where they differ."""
    if not all(_same(first, other) for items in rounds[1:] for first, other in zip(rounds[0], items, strict=True)):
        return None
    numbered = _numbered(rounds)
    if numbered is None:
        return None
    return [_looped(numbered, repeat=len(rounds))]


def _looped(items: list[Item], **words: Any) -> Item:
    """One item, or a group of several, in a loop."""
    if len(items) == 1 and items[0].repeat is None and items[0].foreach is None:
        return replace(items[0], **words)
    first, last = items[0], items[-1]
    return Item(op=GROUP, body=items, shape=first.shape, out=last.out, value=last.value, **words)


def _same(one: Item, other: Item) -> bool:
    """Whether two lines say the same, the ids of their own scope aside."""
    return (
        (one.op, one.args, one.sources, one.repeat, one.foreach, one.when, one.conditions)
        == (other.op, other.args, other.sources, other.repeat, other.foreach, other.when, other.conditions)
        and (one.id is None) == (other.id is None)
        and _same_chains(one, other)
    )


def _same_chains(one: Item, other: Item) -> bool:
    if (one.body is None) != (other.body is None) or len(one.paths or ()) != len(other.paths or ()):
        return False
    strict = one.op != GROUP
    chains = [(one.body or [], other.body or [], strict)]
    chains += [(a, b, False) for a, b in zip(one.paths or (), other.paths or (), strict=True)]
    return all(_same_chain(a, b, strict) for a, b, strict in chains)


def _same_chain(one: Sequence[Item], other: Sequence[Item], strict: bool) -> bool:
    return len(one) == len(other) and all(
        _same(a, b) and (not strict or [i.id for i in lines([a])] == [i.id for i in lines([b])])
        for a, b in zip(one, other, strict=True)
    )


def _numbered(rounds: list[list[Item]]) -> list[Item] | None:
    """The first round with ids that count; None where they count otherwise."""
    scopes = [[*_scope_lines(items)] for items in rounds]
    ids: dict[int, str] = {}
    for place, item in enumerate(scopes[0]):
        if item.id is None:
            continue
        counting = _counting([scope[place].id or "" for scope in scopes])
        if counting is None:
            return None
        ids[id(item)] = counting
    return [_with_ids(item, ids) for item in rounds[0]]


def _scope_lines(items: Sequence[Item]) -> list[Item]:
    """The lines of one scope, those in groups too."""
    found = []
    for item in lines([*items]):
        found.append(item)
        if item.op == GROUP:
            found += _scope_lines(item.body or ())
    return found


def _with_ids(item: Item, ids: dict[int, str]) -> Item:
    paths = None if item.paths is None else [[_with_ids(i, ids) for i in path] for path in item.paths]
    body = [_with_ids(i, ids) for i in item.body or ()] if item.op == GROUP else item.body
    return replace(item, id=ids.get(id(item), item.id), paths=paths, body=body)


def _counting(ids: list[str]) -> str | None:
    """``layer$(index + 1)`` for layer1, layer2, …; None where no single number counts."""
    numbers = [[int(n) for n in NUMBER.findall(id)] for id in ids]
    shapes = {NUMBER.sub("#", id) for id in ids}
    if len(shapes) != 1 or "$" in ids[0]:
        return None
    moving = [k for k in range(len(numbers[0])) if len({n[k] for n in numbers}) > 1]
    if len(moving) != 1:
        return None
    (k,) = moving
    first = numbers[0][k]
    if [n[k] for n in numbers] != [*range(first, first + len(ids))] or str(first) not in NUMBER.findall(ids[0]):
        return None
    match = [*NUMBER.finditer(ids[0])][k]
    count = f"$(index + {first})" if first else "$(index)"
    return ids[0][: match.start()] + count + ids[0][match.end() :]


# ------------------------------------------------------------------------------------------------------------- foreach


def _walked(rounds: list[list[Item]]) -> list[Item] | None:
    """The rounds as one in which arguments step through lists; None where more than a few differ."""
    slots = _slots(rounds)
    if slots is None or not 1 <= len({tuple(map(repr, values)) for _, _, values in slots}) <= MOST_WALKED:
        return None
    numbered = _numbered(rounds)
    if numbered is None:
        return None
    if sum(len(lines_of(item)) for item in rounds[0]) < 2:
        return None
    names = _walked_names(slots)
    made = [_stepping(item, names) for item in numbered]
    return [_looped(made, foreach={name: list(values) for name, values in names.lists.items()})]


def _slots(rounds: list[list[Item]]) -> list[tuple[Any, str, list[Any]]] | None:
    """The arguments and repeats that differ, by their place in the first round."""
    columns = [[*_deep(items)] for items in rounds]
    if len({len(c) for c in columns}) > 1:
        return None
    found = []
    for place in zip(*columns, strict=True):
        first = place[0]
        shape = (first.op, [*first.args], first.sources, first.foreach, first.when, first.id is None)
        if any((i.op, [*i.args], i.sources, i.foreach, i.when, i.id is None) != shape for i in place):
            return None
        if first.foreach is not None or len({i.repeat is None for i in place}) > 1:
            return None
        for name in first.args:
            values = [item.args[name] for item in place]
            if any(value != values[0] for value in values):
                found.append((first, name, values))
        repeats = [item.repeat for item in place]
        if len(set(repeats)) > 1:
            found.append((first, "repeat", repeats))
    kinds = {type(value) for _, _, values in found for value in values}
    return found if kinds <= {int, float} else None


def _deep(items: Sequence[Item]) -> list[Item]:
    found = []
    for item in items:
        for chain in item.children():
            found += _deep(chain)
        found.append(item)
    return found


class _Names:
    def __init__(self) -> None:
        self.lists: dict[str, list[Any]] = {}
        self.of: dict[tuple[int, str], str] = {}


def _walked_names(slots: list[tuple[Any, str, list[Any]]]) -> _Names:
    names = _Names()
    for item, argument, values in slots:
        same = next((name for name, list in names.lists.items() if list == values), None)
        word = "depth" if argument == "repeat" else argument
        options = [word, f"{item.op.lower()}_{word}", *(f"{word}{n}" for n in range(2, 9))]
        name = same or next(option for option in options if option not in names.lists)
        names.lists[name] = values
        names.of[item.value, argument] = name
    return names


def _stepping(item: Item, names: _Names) -> Item:
    args = {name: f"${names.of[item.value, name]}" if (item.value, name) in names.of else value for name, value in item.args.items()}
    repeat = f"${names.of[item.value, 'repeat']}" if (item.value, "repeat") in names.of else item.repeat
    body = None if item.body is None else [_stepping(i, names) for i in item.body]
    paths = None if item.paths is None else [[_stepping(i, names) for i in path] for path in item.paths]
    return replace(item, args=args, repeat=repeat, body=body, paths=paths)
