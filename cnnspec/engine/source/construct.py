"""The lines of a scope -> what makes its modules: the items of an ``nn.Sequential``, or statements that fill a list.

Conv2d, BatchNorm2d, ReLU          nn.Sequential(nn.Conv2d(…), nn.BatchNorm2d(…), nn.ReLU())
Block, repeat: $depth              nn.Sequential(*[Block(…) for _ in range(depth)])
a condition, or rounds that        layers: list[nn.Module] = […]
hang on the one before             if …: layers.append(…); for …: layers += […]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cnnspec.engine.network import Scope
from cnnspec.engine.source.loops import header, within
from cnnspec.engine.source.making import Maker
from cnnspec.engine.source.names import SourceNames, Unsolved
from cnnspec.engine.source.naming import CARRIED, LETTERS, is_attribute, spelled, unused
from cnnspec.engine.source.statements import append, begun, late, merged, needed
from cnnspec.engine.source.template import Child, Entry, Leaf, LoopTemplate, identity, nested
from cnnspec.engine.source.text import (
    Bracket,
    Doc,
    Each,
    Prefixed,
    SourceLine,
    Statement,
    Suite,
    Text,
    call,
    flat,
    lines,
    read_by,
    reads,
)
from cnnspec.engine.source.values import Point, Slot

FEW = 2  # rounds that are written out


class Lengthy(Exception):
    """No one expression makes the module: it takes statements."""


@dataclass(eq=False)
class Constructor:
    """Writes what makes the modules of one class."""

    maker: Maker
    inline: frozenset[object]  # the lines whose scopes are written out where they stand
    carries: bool = False  # whether a variable may hold the channels that arrive from round to round
    lists: list[str] = field(default_factory=lambda: ["layers"])  # the variables of those that are being filled

    # -------------------------------------------------------------------------------------------- expressions

    def module(self, leaf: Leaf, names: SourceNames) -> Doc:
        """The module of a line, as one expression. Raises Lengthy and Unsolved."""
        if identity(leaf.line) not in self.inline:
            return self.maker.make(leaf, names)
        if is_positional(leaf):
            return call("nn.Sequential", *self.items(nested(leaf), names))
        return call("nn.Sequential", call("OrderedDict", *self.named_items(nested(leaf), names)))

    def items(self, found: Sequence[Entry], names: SourceNames) -> list[Doc]:
        """The modules of lines that form a chain. Raises Lengthy and Unsolved."""
        items: list[Doc] = []
        for entry in found:
            if isinstance(entry, LoopTemplate):
                items += self.loop(entry, names)
            elif entry.always:
                items.append(self.module(entry, names))
            else:
                raise Lengthy
        return items

    def named_items(self, found: Sequence[Entry], names: SourceNames) -> list[Doc]:
        """The same as ``name=module``."""
        items: list[Doc] = []
        for entry in found:
            if isinstance(entry, LoopTemplate):
                for body, inner in entry.all_rounds(names):
                    items += self.named_items(body, inner)
            elif not entry.always or len(entry.names) > 1:
                raise Unsolved
            else:
                items.append(Prefixed(f"{entry.names[0]}=", self.module(entry, names)))
        return items

    def loop(self, loop: LoopTemplate, names: SourceNames) -> list[Doc]:
        """The rounds of a loop as a comprehension, or written out where they are few. Raises Lengthy."""
        few = loop.count is not None and loop.count <= FEW
        ways = [self.written_out] if few else [self.of_equals, self.peeled, self.comprehension]
        for way in ways:
            try:
                return way(loop, names)
            except Unsolved:
                continue
        raise Lengthy

    def written_out(self, loop: LoopTemplate, names: SourceNames) -> list[Doc]:
        """Round after round."""
        return [item for body, inner in loop.all_rounds(names) for item in self.items(body, inner)]

    def of_equals(self, loop: LoopTemplate, names: SourceNames) -> list[Doc]:
        """``*[Block(width) for _ in range(depth)]``, no round being told from another by a condition."""
        self.maker.solver.tells_rounds = False
        try:
            found = self.comprehension(loop, names)
        finally:
            self.maker.solver.tells_rounds = True
        if any(" if " in flat(item) for item in found):
            raise Unsolved
        return found

    def comprehension(self, loop: LoopTemplate, names: SourceNames) -> list[Doc]:
        inner = within(loop, names)
        element = self.module(only_leaf(loop.body), inner)
        before, doc = header(loop, names, inner, reads(element), self.maker)
        return [Each("*[", element, Text(f"{before}{flat(doc)}", reads(doc)))]

    def peeled(self, loop: LoopTemplate, names: SourceNames) -> list[Doc]:
        """The first round, and a comprehension of the others, which are alike."""
        if not all(map(loop.count_at, loop.points)):
            raise Unsolved
        first = self.items(*loop.round(0, names))
        inner = within(loop, names, readable=False)
        element = self.module(only_leaf(loop.later), inner)
        before, doc = header(loop, names, inner, reads(element), self.maker, less=1)
        return [*first, Each("*[", element, Text(f"{before}{flat(doc)}", reads(doc)))]

    # --------------------------------------------------------------------------------------------- statements

    def statements(self, leaf: Leaf, names: SourceNames, variable: str) -> tuple[list[Statement], Doc]:
        """What has to be done first, and the module of a line then. Raises Unsolved."""
        try:
            return [], self.module(leaf, names)
        except Lengthy:
            pass
        if identity(leaf.line) not in self.inline or not is_positional(leaf):
            raise Unsolved
        inner = nested(leaf)
        wanted = spelled(variable) if is_attribute(variable) else self.lists[0]
        self.lists.append(unused(wanted, {*map(spelled, self.read(inner, names)), *self.lists}))
        self.maker.variables.add(self.lists[-1])
        try:
            return self.sequence(inner, names, self.lists[-1], "nn.Sequential")
        finally:
            self.lists.pop()

    def read(self, found: Sequence[Entry], names: SourceNames) -> Iterator[str]:
        """The names that lines may read or set: a list below them has another."""
        yield from (*names, *self.maker.locals, *LETTERS, CARRIED)
        for entry in found:
            if isinstance(entry, LoopTemplate):
                yield from (name for each in entry.rounds.values() for name in each.names)
                yield from self.read(entry.body, names)
            elif identity(entry.line) in self.inline:
                yield from self.read(nested(entry), names)

    def sequence(
        self, found: Sequence[Entry], names: SourceNames, variable: str, target: str
    ) -> tuple[list[Statement], Doc]:
        """Statements that fill a list, and a call that takes it; the call alone where that says all."""
        statements = self.listed(found, names, variable)
        match statements:
            case [SourceLine(_, Bracket(_, items))]:
                return [], call(target, *items)
        return statements, call(target, Text(f"*{variable}"))

    def listed(self, found: Sequence[Entry], names: SourceNames, variable: str) -> list[Statement]:
        """Statements that fill a list with the modules of a chain. Raises Unsolved."""
        outer = self.carries
        ways = []
        for carries in (False, True)[: 1 if CARRIED in self.maker.top else 2]:
            self.carries = carries
            try:
                ways.append(begun(self.filled(found, names, variable), variable))
            except Unsolved:
                continue
            finally:
                self.carries = outer
        return shortest(ways)

    def filled(self, found: Sequence[Entry], names: SourceNames, variable: str) -> list[Statement]:
        """The statements of one level."""
        done: list[Statement] = []
        for entry in found:
            if isinstance(entry, Leaf):
                done += self.appended(entry, names, variable)
                continue
            added = self.looped(entry, names, variable)
            if CARRIED in read_by(added) and not names.loops:
                done += self.carry(channels_at(entry, self.maker), names)
            done += added
        return merged(late(needed(done), variable), variable)

    def appended(self, leaf: Leaf, names: SourceNames, variable: str) -> list[Statement]:
        """``layers.append(…)``, under its condition."""
        self.maker.carries = self.carries and identity(leaf.line) not in self.inline
        try:
            before, doc = self.statements(leaf, names, inner_variable(leaf, variable))
        finally:
            self.maker.carries = False
        done: list[Statement] = [*before, append(variable, [doc])]
        if not leaf.always:
            done = [Suite("if ", self.maker.condition(leaf, names), tuple(done))]
        return done + self.carry_on(leaf.children, channels_of(leaf.children, self.maker), leaf.always, names)

    def carry_on(
        self, children: Mapping[Point, Child], after: Slot, always: bool, names: SourceNames
    ) -> list[Statement]:
        """``channels = width``, behind what changes the channels in a loop."""
        if not self.carries or not names.loops:
            return []
        if all(self.maker.arrives(child)[0] == after[point] for point, child in children.items()):
            return []
        if not always:
            raise Unsolved
        return self.carry(after, names)

    def carry(self, slot: Slot, names: SourceNames) -> list[Statement]:
        found = self.maker.solver.inferred(slot, names)
        if found is None:
            raise Unsolved
        return [SourceLine(f"{CARRIED} = ", self.maker.write(found))]

    def looped(self, loop: LoopTemplate, names: SourceNames, variable: str) -> list[Statement]:
        """A comprehension, a loop of statements, or the rounds one by one. Raises Unsolved."""
        try:
            done: list[Statement] = [append(variable, self.loop(loop, names))]
            everywhere = all(map(loop.count_at, loop.points))
            return done + self.carry_on(first_children(loop), channels_after(loop, self.maker), everywhere, names)
        except (Lengthy, Unsolved):
            pass
        ways = []
        for way in (self.round_by_round, self.suite):
            try:
                ways.append(way(loop, names, variable))
            except Unsolved:
                continue
        return shortest(ways)

    def suite(self, loop: LoopTemplate, names: SourceNames, variable: str) -> list[Statement]:
        """``for width in (64, 128):`` and what is done in each round."""
        inner = within(loop, names)
        body = self.filled(loop.body, inner, variable)
        before, doc = header(loop, names, inner, read_by(body), self.maker)
        return [Suite(before, doc, tuple(body))]

    def round_by_round(self, loop: LoopTemplate, names: SourceNames, variable: str) -> list[Statement]:
        done: list[Statement] = []
        for body, inner in loop.all_rounds(names):
            done += self.filled(body, inner, variable)
        return merged(done, variable)


def shortest(ways: Sequence[list[Statement]]) -> list[Statement]:
    """The way of fewest lines. Raises Unsolved where there is none."""
    if not ways:
        raise Unsolved
    return min(ways, key=lambda way: len(lines(way, 8)))


def only_leaf(found: Sequence[Entry]) -> Leaf:
    """The one line of a body that is always there. Raises Lengthy."""
    if len(found) != 1 or not isinstance(found[0], Leaf) or not found[0].always:
        raise Lengthy
    return found[0]


def first_children(loop: LoopTemplate) -> dict[Point, Child]:
    """The first child of a loop, at each point at which there is one."""
    return {at[:-1]: events[0].child for at, events in loop.events.items() if at[-1] == 0}


def channels_at(loop: LoopTemplate, maker: Maker) -> dict[Point, int]:
    """The channels that arrive at a loop."""
    return {point: maker.arrives(child)[0] for point, child in first_children(loop).items()}


def channels_after(loop: LoopTemplate, maker: Maker) -> dict[Point, int]:
    """The channels behind the last round."""
    return channels_of({at[:-1]: events[-1].child for at, events in sorted(loop.events.items())}, maker)


def channels_of(children: Mapping[Point, Child], maker: Maker) -> dict[Point, int]:
    return {point: maker.graph.shape(child.values[0])[0] for point, child in children.items()}


def is_positional(leaf: Leaf) -> bool:
    """Whether the children of a line's scopes are named by their positions."""
    return all(numbered(child) for child in leaf.children.values() if isinstance(child, Scope))


def numbered(scope: Scope) -> bool:
    """Whether the children of a scope are named by their positions."""
    return [child.name for child in scope.children] == list(map(str, range(len(scope.children))))


def inner_variable(leaf: Leaf, outer: str) -> str:
    """What the list of a line's own modules is called, inside another list."""
    return leaf.first.name if is_attribute(leaf.first.name) else f"{outer}_"
