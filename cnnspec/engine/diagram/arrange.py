"""Elements and who takes from whom -> Series of Parallels, as far as they go; a Tangle where they do not.

Between two parts that every path passes lie branches that have nothing to do with one another: a Parallel, whose
branches are looked at in the same way. Parts that lead nowhere but to themselves are side branches, taps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cnnspec.engine.diagram.tree import Element, Parallel, Series, Tangle

SOURCE = -1  # what reaches the elements from outside
Tidy = Callable[[Series], Series]
Taps = dict[int | None, list[Series]]  # side branches, by the part whose value they take


@dataclass(frozen=True)
class DrawnWiring:
    """``feeds``: for each part the earlier parts that it takes from. ``tidy`` is what becomes of each chain."""

    parts: Sequence[Element]
    feeds: Sequence[tuple[int, ...]]
    tidy: Tidy
    room: int  # how many levels of branches may be opened

    def arranged(self, sink: int) -> Series:
        """The parts as one chain, whose last part is ``sink``; SOURCE where it gives what reaches it."""
        return self._among(list(range(len(self.parts))), SOURCE, sink, self.room)

    def _among(self, members: list[int], source: int, sink: int, room: int) -> Series:
        """The chain of some of the parts, which take from each other and from ``source``."""
        main = self._leading_to(sink, members)
        loose = self._apart([member for member in members if member not in main])
        taps: Taps = {}
        for group in loose:
            entries = {feed for member in group for feed in self.feeds[member]} - set(group)
            if len(entries) != 1 or not room:
                return Series((self._tangle(members, source, (sink,), {}),))
            entry = entries.pop()
            taps.setdefault(entry, []).append(self._among(group, entry, group[-1], room - 1))
        return self._chain(sorted(main), source, (sink,), taps, room)

    def _leading_to(self, sink: int, members: list[int]) -> set[int]:
        """The sink and all that it is made of."""
        found, open_ = set(), [sink]
        inside = set(members)
        while open_:
            member = open_.pop()
            if member in inside and member not in found:
                found.add(member)
                open_ += self.feeds[member]
        return found

    def _apart(self, members: list[int]) -> list[list[int]]:
        """Groups that have nothing to do with one another, each in order."""
        group = {member: [member] for member in members}
        for member in members:
            for feed in self.feeds[member]:
                if feed in group and group[feed] is not group[member]:
                    small, large = sorted((group[feed], group[member]), key=len)
                    large += small
                    group |= dict.fromkeys(small, large)
        return [sorted(found) for found in {id(found): found for found in group.values()}.values()]

    def _chain(self, members: list[int], source: int, closing: tuple[int, ...], taps: Taps, room: int) -> Series:
        """Members from ``source`` on. ``closing`` are those whose values what follows takes, in its order."""
        parts: list[Element] = []
        branches = [(0, tap) for tap in taps.get(source, ())]
        furthest = self._furthest(members, source, closing)
        reach, before, start = furthest[source], source, 0
        for i, member in enumerate(members):
            if reach <= i:
                parts.append(self._between(members[start:i], before, self.feeds[member], member, taps, room))
                branches += [(len(parts), tap) for tap in taps.get(member, ())]
                before, start = member, i + 1
            reach = max(reach, furthest[member])
        if members[start:] or closing.count(before) > 1:
            parts.append(self._between(members[start:], before, closing, None, taps, room))
        return self.tidy(Series(tuple(parts), tuple(branches)))

    def _furthest(self, members: list[int], source: int, closing: tuple[int, ...]) -> dict[int, int]:
        """How far each value is taken, by position among the members."""
        far = dict.fromkeys((source, *members), 0)
        for i, member in enumerate(members):
            far |= {feed: i for feed in self.feeds[member] if feed in far}
        return far | {feed: len(members) for feed in closing if feed in far}

    def _between(
        self,
        inner: list[int],
        source: int,
        feeds: tuple[int, ...],
        into: int | None,
        taps: Taps,
        room: int,
    ) -> Element:
        """What lies between two parts that every path passes, with the second of them."""
        end = None if into is None else self.parts[into]
        shortcuts = feeds.count(source)
        if end is not None and not inner and shortcuts == 1:
            return end
        groups = self._apart(inner)
        if len(groups) + shortcuts == 1 or not room:
            members = inner if into is None else [*inner, into]
            return self._tangle(members, source, feeds if into is None else (into,), {**taps, into: []})
        given = self._given(groups, feeds)
        inside = {**taps, source: []}  # those that begin at the source begin once, not in each branch
        order = sorted(range(len(groups)), key=lambda i: given[i][0])
        chains = [
            self._chain(groups[i], source, tuple(feeds[place] for place in given[i]), inside, room - 1) for i in order
        ]
        return Parallel((*chains, *[Series()] * shortcuts), end)

    @staticmethod
    def _given(groups: list[list[int]], feeds: tuple[int, ...]) -> list[list[int]]:
        """For each group, at which places among ``feeds`` its members stand."""
        owner = {member: i for i, group in enumerate(groups) for member in group}
        given: list[list[int]] = [[] for _ in groups]
        for place, feed in enumerate(feeds):
            if feed in owner:
                given[owner[feed]].append(place)
        return given

    def _tangle(self, members: list[int], source: int, exits: tuple[int, ...], taps: Taps) -> Tangle:
        place = {member: i for i, member in enumerate(members)} | {source: -1}
        wires = tuple((place[feed], place[member]) for member in members for feed in self.feeds[member])
        parts = (self._tapped(self.parts[member], taps.get(member)) for member in members)
        return Tangle(tuple(parts), wires, tuple(place[exit] for exit in exits))

    @staticmethod
    def _tapped(part: Element, taps: list[Series] | None) -> Element:
        return Series((part,), tuple((1, tap) for tap in taps)) if taps else part
