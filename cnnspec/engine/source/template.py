"""Scopes of one definition -> the lines that gave their children: what a class is written from.

    Leaf   one line: the child that it gave at each point (none, where it is left out)
    Loop   lines that a `repeat` or `foreach` runs: how often at each point, and the lines in it

A point is a scope (by its number) and the round of each loop on the way to a line; see ``Point``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import groupby
from typing import Any

from cnnspec.engine.network import Node, Scope
from cnnspec.engine.network.control_path import ControlPath, Round
from cnnspec.engine.source.names import SourceNames, Unsolved
from cnnspec.engine.source.values import Point
from cnnspec.engine.spec import Item, Path
from cnnspec.engine.spec.model import Head

Child = Node | Scope
Definition = Item | Path | Head


def identity(line: Definition) -> tuple[str, int]:
    """What tells a line from others: its text, so that lines which an anchor repeats are one."""
    match line:
        case Item():
            return "item", id(line.node)
        case Head():
            return "head", id(line.layers[0].node) if line.layers else id(line)
    return "path", id(line)


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """A child on the way through the loops that it stands in."""

    child: Child
    rounds: tuple[Round, ...]


Events = Mapping[Point, Sequence[Event]]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One line of a definition: the children that it gave, and all points at which it was come to."""

    line: Definition
    points: tuple[Point, ...]
    children: Mapping[Point, Child]

    @property
    def always(self) -> bool:
        """Whether the line is never left out."""
        return len(self.children) == len(self.points)

    @property
    def first(self) -> Child:
        """The child at the first point at which there is one."""
        return next(iter(self.children.values()))

    @property
    def item(self) -> Item | None:
        return self.line if isinstance(self.line, Item) else None

    @property
    def is_named(self) -> bool:
        """Whether it has a name of its own, and not its position for one."""
        return self.item is None or self.item.id is not None

    @property
    def names(self) -> list[str]:
        """What its children are called, each name once."""
        return list(dict.fromkeys(child.name for child in self.children.values()))


@dataclass(frozen=True, slots=True, eq=False)
class LoopTemplate:
    """Lines that are run in rounds. ``rounds`` holds the names that each round sets, by its point."""

    points: tuple[Point, ...]
    counts: Mapping[Point, int]
    rounds: Mapping[Point, Round]
    events: Events

    @property
    def body(self) -> tuple[Entry, ...]:
        """The lines, over all rounds."""
        return entries(self.events)

    @property
    def later(self) -> tuple[Entry, ...]:
        """The lines, over all rounds but the first."""
        return entries({point: events for point, events in self.events.items() if point[-1]})

    def round(self, number: int, names: SourceNames) -> tuple[tuple[Entry, ...], SourceNames]:
        """The lines in one round alone, at the points of the loop itself, and the names that it sets."""
        nothing: Events = dict.fromkeys(self.points, ())
        there = {point[:-1]: events for point, events in self.events.items() if point[-1] == number}
        spec = {point[:-1]: found.names for point, found in self.rounds.items() if point[-1] == number}
        return entries({**nothing, **there}), SourceNames(names.depth, {}, spec, names)

    def all_rounds(self, names: SourceNames) -> list[tuple[tuple[Entry, ...], SourceNames]]:
        """The rounds one by one. Raises Unsolved where they differ in number."""
        if self.count is None:
            raise Unsolved
        return [self.round(number, names) for number in range(self.count)]

    def count_at(self, point: Point) -> int:
        return self.counts.get(point, 0)

    @property
    def count(self) -> int | None:
        """How many rounds there are, where that is the same at each point."""
        counts = {self.count_at(point) for point in self.points}
        return counts.pop() if len(counts) == 1 else None

    @property
    def ragged(self) -> bool:
        """Whether rounds are missing in which no line is there."""
        return len(self.rounds) < sum(self.counts.values())


Entry = Leaf | LoopTemplate


def template(scopes: Sequence[Scope]) -> tuple[Entry, ...]:
    """The lines of a definition, from all the scopes that it gave."""
    return entries({(number,): events_of(scope) for number, scope in enumerate(scopes)})


def nested(leaf: Leaf) -> tuple[Entry, ...]:
    """The lines of a scope that is a line of another."""
    found = leaf.children.items()
    return entries({point: events_of(child) for point, child in found if isinstance(child, Scope)})


def way_of(child: Child) -> ControlPath:
    """The loops and conditions that a child stands in."""
    return child.opened.control_path if isinstance(child, Scope) else child.control_path


def line_of(child: Child) -> Definition:
    """The line that gave a child."""
    line = child.opened.line if isinstance(child, Scope) else child.item
    assert line is not None, "only the network itself is opened by no line"
    return line


def events_of(scope: Scope) -> list[Event]:
    """The children of a scope; the loops that the scope itself stands in are left out."""
    own_names = scope.opened.line is None or scope.opened.block is not None
    around = 0 if own_names else len(scope.opened.control_path.rounds)
    return [Event(child, way_of(child).rounds[around:]) for child in scope.children]


def entries(events: Events) -> tuple[Entry, ...]:
    """The lines, and the loops among them, in the order of the definition."""
    cut = {point: _by_line(found) for point, found in events.items()}
    return tuple(_entry(key, tuple(events), cut) for key in _in_order(cut.values()))


Key = tuple[object, int]  # which line or loop, and the how many-th time in one scope
Cut = Mapping[Key, Sequence[Event]]


def _by_line(found: Sequence[Event]) -> dict[Key, list[Event]]:
    """Neighbours that one loop gave together, any other child alone."""
    cut: dict[Key, list[Event]] = {}
    times: dict[object, int] = {}
    for which, group in groupby(found, key=_line_or_loop):
        members = list(group)
        for part in [members] if members[0].rounds else [[event] for event in members]:
            times[which] = times.get(which, -1) + 1
            cut[which, times[which]] = part
    return cut


def _line_or_loop(event: Event) -> object:
    return id(event.rounds[0].loop) if event.rounds else identity(line_of(event.child))


def _in_order(cuts: Iterable[Mapping[Key, Any]]) -> list[Key]:
    """Each line once: in every scope the lines stand in the order of their definition."""
    before: dict[Key, set[Key]] = {}
    for cut in cuts:
        previous: Key | None = None
        for key in cut:
            before.setdefault(key, set()).update({previous} if previous else ())
            previous = key
    place = {key: number for number, key in enumerate(before)}
    sorter = TopologicalSorter(before)
    sorter.prepare()
    order: list[Key] = []
    ready: list[Key] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=lambda key: place[key])
        order.append(ready.pop(0))
        sorter.done(order[-1])
    return order


def _entry(key: Key, points: tuple[Point, ...], cut: Mapping[Point, Cut]) -> Entry:
    found = {point: cut[point][key] for point in points if key in cut[point]}
    first = next(iter(found.values()))[0]
    if first.rounds:
        return _loop(points, found)
    return Leaf(line_of(first.child), points, {point: events[0].child for point, events in found.items()})


def _loop(points: tuple[Point, ...], found: Events) -> LoopTemplate:
    rounds: dict[Point, Round] = {}
    inner: dict[Point, list[Event]] = {}
    counts: dict[Point, int] = {}
    for point, events in found.items():
        for event in events:
            number = event.rounds[0].number
            rounds[(*point, number)] = event.rounds[0]
            inner.setdefault((*point, number), []).append(Event(event.child, event.rounds[1:]))
            counts[point] = number + 1
    return LoopTemplate(points, counts, rounds, inner)
