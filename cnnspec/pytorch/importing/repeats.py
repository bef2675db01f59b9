"""Chains -> shorter chains: lines that follow each other alike become one with `repeat`, or with `foreach`.

Conv, ReLU, Conv, ReLU, Conv, ReLU ─► layers: [Conv, ReLU], repeat: 3
denselayer1, denselayer2, …        ─► id: denselayer$(index + 1), repeat: 6
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnnspec.engine.layers import FAMILIES, JOINS, REGISTRY
from cnnspec.engine.spec.items import GROUP
from cnnspec.pytorch.importing.items import ImportedItem, walk
from cnnspec.pytorch.importing.names import lines
from cnnspec.pytorch.importing.write import rows

NUMBER = re.compile(r"\d+")
LONGEST = 12  # lines that are repeated together
MOST_WALKED = 3  # lists that `foreach` walks together
FEWEST_STEPS = 3  # of a `foreach`
FEWEST_ROWS = 5  # of a table that becomes a `foreach`


def shorten(items: list[ImportedItem]) -> list[ImportedItem]:
    """The chain, and those below it, with what repeats written once."""
    items = [_inside(item) for item in items]
    for loop in (RepeatLoop(_repeated, _saves), RepeatLoop(_walked, _reads_well)):
        before = None
        while before != len(items):
            before = len(items)
            items = _folded(items, loop)
    return items


def _inside(item: ImportedItem) -> ImportedItem:
    body = None if item.body is None else shorten(item.body)
    paths = None if item.paths is None else [path if path is None else shorten(path) for path in item.paths]
    return replace(item, body=body, paths=paths)


Rounds = list[list[ImportedItem]]


@dataclass(frozen=True, slots=True)
class RepeatLoop:
    """``fold`` writes rounds as one line, or None where they differ; ``good`` says whether that is better."""

    fold: Callable[[Rounds], ImportedItem | None]
    good: Callable[[Rounds, ImportedItem], bool]


def _folded(items: list[ImportedItem], loop: RepeatLoop) -> list[ImportedItem]:
    """One pass: the runs of the shortest period that has any."""
    for period in range(1, min(LONGEST, len(items) // 2) + 1):
        out: list[ImportedItem] = []
        at = 0
        while at < len(items):
            found = _run(items, at, period, loop)
            out.append(found[0] if found else items[at])
            at += found[1] if found else 1
        if len(out) < len(items):
            return out
    return items


def _run(items: list[ImportedItem], at: int, period: int, loop: RepeatLoop) -> tuple[ImportedItem, int] | None:
    """What is written for the run at a place, and how many items it stands for."""
    made, rounds = _longest(items, at, period, loop)
    if made is None or not loop.good(rounds, made):
        return None
    if _follows(items[at]) and len(_longest(items, at + 1, period, loop)[1]) >= len(rounds):
        return None  # a round rather begins with what comes next
    return made, len(rounds) * period


def _longest(items: list[ImportedItem], at: int, period: int, loop: RepeatLoop) -> tuple[ImportedItem | None, Rounds]:
    rounds, made = [items[at : at + period]], None
    while at + (len(rounds) + 1) * period <= len(items):
        following = items[at + len(rounds) * period : at + (len(rounds) + 1) * period]
        folded = loop.fold([*rounds, following])
        if folded is None:
            break
        made = folded
        rounds.append(following)
    return made, rounds


def _follows(item: ImportedItem) -> bool:
    """Whether a line rather ends a round than begins one."""
    return any(hasattr(FAMILIES[name], item.op) for name in ("activation", "normalisation", "pooling"))


def _saves(rounds: Rounds, made: ImportedItem) -> bool:
    """Whether the text gets shorter: by more where several ids are counted; calls are counted in any case."""
    calls = all(item.op not in REGISTRY for item in rounds[0])
    counted = len(rounds[0]) > 1 and any(item.id and "$" in item.id for item in _scope_lines([made]))
    return sum(map(rows, rounds)) - rows([made]) >= (3 if counted else 0 if calls else 1)


def _repeated(rounds: Rounds) -> ImportedItem | None:
    """The rounds as one that is repeated; None where they differ."""
    if not all(_same(first, other) for items in rounds[1:] for first, other in zip(rounds[0], items, strict=True)):
        return None
    numbered = _numbered(rounds)
    if numbered is None:
        return None
    return _looped(numbered, repeat=len(rounds))


def _looped(items: list[ImportedItem], **words: Any) -> ImportedItem:
    """One item, or a group of several, in a loop; a `from` beside a loop feeds its first round, in a group each."""
    fed_once = items[0].sources is not None and items[0].op not in JOINS
    if len(items) == 1 and items[0].repeat is None and items[0].foreach is None and not fed_once:
        return replace(items[0], **words)
    first, last = items[0], items[-1]
    return ImportedItem(op=GROUP, body=items, shape=first.shape, out=last.out, value=last.value, **words)


def _same(one: ImportedItem, other: ImportedItem) -> bool:
    """Whether two lines say the same, the ids of their own scope aside."""
    return (
        (one.op, one.args, one.share, one.sources, one.repeat, one.foreach, one.when, one.conditions)
        == (other.op, other.args, other.share, other.sources, other.repeat, other.foreach, other.when, other.conditions)
        and (one.id is None) == (other.id is None)
        and _same_chains(one, other)
    )


def _same_chains(one: ImportedItem, other: ImportedItem) -> bool:
    if (one.body is None) != (other.body is None) or len(one.paths or ()) != len(other.paths or ()):
        return False
    strict = one.op != GROUP
    chains = [(one.body or [], other.body or [], strict)]
    chains += [(a, b, False) for a, b in zip(one.paths or (), other.paths or (), strict=True)]
    return all(_same_chain(a, b, strict) for a, b, strict in chains)


def _same_chain(one: Sequence[ImportedItem], other: Sequence[ImportedItem], strict: bool) -> bool:
    return len(one) == len(other) and all(
        _same(a, b) and (not strict or [i.id for i in lines([a])] == [i.id for i in lines([b])])
        for a, b in zip(one, other, strict=True)
    )


def _numbered(rounds: Rounds) -> list[ImportedItem] | None:
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


def _scope_lines(items: Sequence[ImportedItem]) -> list[ImportedItem]:
    """The lines of one scope, those in groups too."""
    found = []
    for item in lines([*items]):
        found.append(item)
        if item.op == GROUP:
            found += _scope_lines(item.body or ())
    return found


def _with_ids(item: ImportedItem, ids: dict[int, str]) -> ImportedItem:
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


def _reads_well(rounds: Rounds, made: ImportedItem) -> bool:
    """Whether lists read better than the lines: rows of a table are left alone, unless one column alone differs."""
    first = rounds[0]
    if len(rounds) < FEWEST_STEPS or len({item.op for item in first}) < len(first):
        return False
    return rows(first) > 1 or (len(made.foreach or ()) == 1 and len(rounds) >= FEWEST_ROWS)


def _walked(rounds: Rounds) -> ImportedItem | None:
    """The rounds as one in which arguments step through lists; None where more than a few differ."""
    slots = _slots(rounds)
    if slots is None or not 1 <= len({repr(values) for _, _, values in slots}) <= MOST_WALKED:
        return None
    numbered = _numbered(rounds)
    if numbered is None:
        return None
    names = _walked_names(slots)
    made = [_stepping(item, names) for item in numbered]
    return _looped(made, foreach={name: list(values) for name, values in names.lists.items()})


def _slots(rounds: Rounds) -> list[tuple[ImportedItem, str, list[Any]]] | None:
    """The arguments and repeats that differ, by their line in the first round; None where anything else does."""
    columns = [[*_deep(items)] for items in rounds]
    if len({len(column) for column in columns}) > 1 or len({repr(_inner_ids(items)) for items in rounds}) > 1:
        return None
    found: list[tuple[ImportedItem, str, list[Any]]] = []
    for place in zip(*columns, strict=True):
        if any(_frame(item) != _frame(place[0]) for item in place):
            return None
        found += [(place[0], name, [item.args[name] for item in place]) for name in place[0].args]
        found.append((place[0], "repeat", [item.repeat for item in place]))
    found = [slot for slot in found if any(value != slot[2][0] for value in slot[2])]
    kinds = {type(value) for _, _, values in found for value in values}
    return found if kinds <= {int, float} else None


def _frame(item: ImportedItem) -> Any:
    """All of a line but its id and the values of its arguments."""
    lengths = [len(chain) for chain in item.children()]
    words = (item.share, item.sources, item.foreach, item.when, item.conditions, item.id is None, item.repeat is None)
    return item.op, [*item.args], lengths, words


def _deep(items: Sequence[ImportedItem]) -> Iterator[ImportedItem]:
    for item in items:
        for chain in item.children():
            yield from _deep(chain)
        yield item


def _inner_ids(items: Sequence[ImportedItem]) -> list[str | None]:
    """The ids of lines in scopes of their own, which no loop counts."""
    scopes = [item for item in _scope_lines(items) if item.body is not None and item.op != GROUP]
    return [inner.id for item in scopes for inner in walk(item.body or [])]


class _Names:
    """The lists that are walked, by name, and which argument of which line steps through each."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Any]] = {}
        self.of: dict[tuple[int, str, str], str] = {}

    def written(self, item: ImportedItem, argument: str, value: Any) -> Any:
        name = self.of.get((item.value, item.op, argument))
        return value if name is None else f"${name}"


def _walked_names(slots: list[tuple[ImportedItem, str, list[Any]]]) -> _Names:
    names = _Names()
    for item, argument, values in slots:
        same = next((name for name, known in names.lists.items() if known == values), None)
        word = "depth" if argument == "repeat" else argument
        options = [word, f"{item.op.lower()}_{word}", *(f"{word}{n}" for n in range(2, 9))]
        name = same or next(option for option in options if option not in names.lists)
        names.lists[name] = values
        names.of[item.value, item.op, argument] = name
    return names


def _stepping(item: ImportedItem, names: _Names) -> ImportedItem:
    args = {name: names.written(item, name, value) for name, value in item.args.items()}
    repeat = names.written(item, "repeat", item.repeat)
    body = None if item.body is None else [_stepping(i, names) for i in item.body]
    paths = None if item.paths is None else [[_stepping(i, names) for i in path] for path in item.paths]
    return replace(item, args=args, repeat=repeat, body=body, paths=paths)
