"""The lines of a scope -> what makes its modules: the items of an ``nn.Sequential``, or statements that fill a list.

    Conv2d, BatchNorm2d, ReLU          nn.Sequential(nn.Conv2d(…), nn.BatchNorm2d(…), nn.ReLU())
    Block, repeat: $depth              nn.Sequential(*[Block(…) for _ in range(depth)])
    a condition, or rounds that        layers: list[nn.Module] = […]
    hang on the one before             if …: layers.append(…); for …: layers += […]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cnnspec.emit.source.code import code, expr
from cnnspec.emit.source.making import CARRIED, Maker, spelled
from cnnspec.emit.source.names import Names, Unsolved, is_constant
from cnnspec.emit.source.solve import hint
from cnnspec.emit.source.template import Child, Entry, Leaf, Loop, entries, nested
from cnnspec.emit.source.text import (
    Bracket,
    Doc,
    Each,
    Line,
    Prefixed,
    Statement,
    Suite,
    Text,
    call,
    flat,
    read_by,
    reads,
    tuple_of,
    written,
)
from cnnspec.emit.source.values import Point, Slot, frozen, literal, quoted
from cnnspec.emit.source.wiring import made, rounds
from cnnspec.network import Scope

LETTERS = (*"ijklmn", *(f"i{number}" for number in range(1000)))


class Lengthy(Exception):
    """No one expression makes the module: it takes statements."""


@dataclass(eq=False)
class Constructor:
    """Writes what makes the modules of one class."""

    maker: Maker
    inline: frozenset[object]  # the lines whose scopes are written out where they stand
    carries: bool = False  # whether a variable may hold the channels that arrive from round to round

    # -------------------------------------------------------------------------------------------- expressions

    def module(self, leaf: Leaf, names: Names) -> Doc:
        """The module of a line, as one expression. Raises Lengthy and Unsolved."""
        if leaf.line not in self.inline:
            return self.maker.make(leaf, names)
        if is_positional(leaf):
            return call("nn.Sequential", *self.items(nested(leaf), names))
        return call("nn.Sequential", call("OrderedDict", *self.named_items(nested(leaf), names)))

    def items(self, found: Sequence[Entry], names: Names) -> list[Doc]:
        """The modules of lines that form a chain. Raises Lengthy and Unsolved."""
        items: list[Doc] = []
        for entry in found:
            if isinstance(entry, Loop):
                items += self.loop(entry, names)
            elif entry.always:
                items.append(self.module(entry, names))
            else:
                raise Lengthy
        return items

    def named_items(self, found: Sequence[Entry], names: Names) -> list[Doc]:
        """The same as ``name=module``."""
        items: list[Doc] = []
        for entry in found:
            if isinstance(entry, Loop):
                for body, inner in rounds(entry, names):
                    items += self.named_items(body, inner)
                continue
            name = only_name(entry)
            if not entry.always:
                raise Lengthy
            if not name.isidentifier():
                raise Unsolved
            items.append(Prefixed(f"{name}=", self.module(entry, names)))
        return items

    def loop(self, loop: Loop, names: Names) -> list[Doc]:
        """The rounds of a loop as a comprehension, or written out where they are few."""
        if loop.count is not None and loop.most <= 2:
            return self.written_out(loop, names)
        for way in (self.plain_comprehension, self.peeled, self.comprehension):
            try:
                return way(loop, names)
            except Unsolved:
                continue
        raise Lengthy

    def plain_comprehension(self, loop: Loop, names: Names) -> list[Doc]:
        """One in which no round is told from another by a condition."""
        self.maker.solver.tells_rounds = False
        try:
            found = self.comprehension(loop, names)
        finally:
            self.maker.solver.tells_rounds = True
        if any(" if " in flat(item) for item in found):
            raise Unsolved
        return found

    def written_out(self, loop: Loop, names: Names) -> list[Doc]:
        return [item for body, inner in rounds(loop, names) for item in self.items(body, inner)]

    def comprehension(self, loop: Loop, names: Names) -> list[Doc]:
        """``*[Block(width) for _ in range(depth)]``."""
        leaf = only_leaf(loop.body)
        inner = within(loop, names)
        element = self.module(leaf, inner)
        return [Each("*[", element, self.clause(loop, names, inner, reads(element)))]

    def peeled(self, loop: Loop, names: Names) -> list[Doc]:
        """The first round, and a comprehension of the others, which are alike."""
        if any(loop.counts.get(point, 0) < 1 for point in loop.points):
            raise Unsolved
        first = self.items(unwound(loop, 0), rounds_names(loop, names, 0))
        rest = {at: events for at, events in loop.events.items() if at[-1] > 0}
        inner = within(loop, names, readable=False)
        element = self.module(only_leaf(entries(rest)), inner)
        count = self.count({point: loop.counts[point] - 1 for point in loop.points}, loop, names)
        return [*first, Each("*[", element, Text(f"for _ in range({count.text})", count.reads))]

    def clause(self, loop: Loop, names: Names, inner: Names, read: frozenset[str]) -> Text:
        """``for width in (64, 128)``."""
        before, doc = self.header(loop, names, inner, read)
        return Text(f"{before}{flat(doc)}", reads(doc))

    def header(self, loop: Loop, names: Names, inner: Names, read: frozenset[str]) -> tuple[str, Doc]:
        """What stands before and behind the `in` of a loop whose body reads these names."""
        walked = [name for name in inner.own if name != inner.index and spelled(name) in read]
        counted = inner.index in read
        if not walked:
            count = self.count({p: loop.counts.get(p, 0) for p in loop.points}, loop, names)
            return f"for {inner.index if counted else '_'} in ", call("range", count)
        target = ", ".join(map(spelled, walked))
        lists = self.lists(loop, names, walked)
        if counted:
            target = f"{inner.index}, {target if len(walked) == 1 else f'({target})'}"
            lists = call("enumerate", lists)
        return f"for {target} in ", lists

    def lists(self, loop: Loop, names: Names, walked: Sequence[str]) -> Doc:
        """What a loop walks: one list, or rows of several."""
        slots = [self.walked(loop, name) for name in walked]
        if all(map(is_constant, slots)):
            columns = [next(iter(slot.values())) for slot in slots]
            rows = columns[0] if len(columns) == 1 else tuple(zip(*columns, strict=True))
            return literal(rows)
        docs = [self.one_list(loop, name, slot, names) for name, slot in zip(walked, slots, strict=True)]
        return docs[0] if len(docs) == 1 else call("zip", *docs, Text("strict=True"))

    @staticmethod
    def walked(loop: Loop, name: str) -> dict[Point, tuple[object, ...]]:
        found: dict[Point, tuple[object, ...]] = {point: () for point in loop.points}
        for at in sorted(loop.rounds):
            found[at[:-1]] += (frozen(loop.rounds[at].names[name]),)
        return found

    def one_list(self, loop: Loop, name: str, slot: Slot, names: Names) -> Doc:
        node = next(iter(loop.rounds.values())).loop
        entry = node.entry(name) if hasattr(node, "entry") else None
        found = self.maker.solver.stated(slot, names, hint(entry.value) if entry else None, None)
        if found is None:
            raise Unsolved
        return self.maker.write(found)

    def count(self, slot: Slot, loop: Loop, names: Names) -> Text:
        """How many rounds there are. Raises Unsolved."""
        node = next(iter(loop.rounds.values())).loop
        said = hint(node)
        solver = self.maker.solver
        found = None
        if said is not None:
            found = solver.stated(slot, names, said, None) or solver.stated(
                slot, names, expr("-", said, expr("literal", 1)), None
            )
        found = found or solver.inferred(slot, names)
        if found is None:
            lengths = [n for n in names if all(isinstance(names.at(n, p), tuple) for p in slot)]
            found = next((expr("call", "len", (expr("name", n),)) for n in lengths), None)
        if found is None:
            raise Unsolved
        return code(found, spelled)

    # --------------------------------------------------------------------------------------------- statements

    def statements(self, leaf: Leaf, names: Names, target: str) -> tuple[list[Statement], Doc]:
        """What has to be done first, and the module of a line then. Raises Unsolved."""
        try:
            return [], self.module(leaf, names)
        except Lengthy:
            pass
        variable = target if target.isidentifier() else "layers"
        if not is_positional(leaf):
            raise Unsolved
        return self.sequence(nested(leaf), names, variable, "nn.Sequential")

    def sequence(
        self, found: Sequence[Entry], names: Names, variable: str, target: str
    ) -> tuple[list[Statement], Doc]:
        """What fills a list, and a call that takes it; the call alone where that says all."""
        statements = self.listed(found, names, variable)
        if len(statements) == 1 and isinstance(statements[0], Line):
            assert isinstance(statements[0].doc, Bracket)
            return [], call(target, *statements[0].doc.items)
        return statements, call(target, Text(f"*{variable}"))

    def listed(self, found: Sequence[Entry], names: Names, variable: str) -> list[Statement]:
        """Statements that fill a list with the modules of a chain, in the shorter of two ways. Raises Unsolved."""
        ways = []
        before = self.carries
        for self.carries in (False, True):
            try:
                ways.append(begun(self.filled(found, names, variable), variable))
            except Unsolved:
                continue
        self.carries = before
        if not ways:
            raise Unsolved
        return min(ways, key=lambda way: len(written(way, 8)))

    def filled(self, found: Sequence[Entry], names: Names, variable: str) -> list[Statement]:
        """The statements of one level."""
        statements: list[Statement] = []
        for entry in found:
            if isinstance(entry, Leaf):
                statements += self.appended(entry, names, variable)
                continue
            done = self.looped(entry, names, variable)
            if CARRIED in read_by(done) and not names.loops:
                statements += self.carry(firsts(entry), names)
            statements += done
        return merged(late(needed(statements), variable), variable)

    def appended(self, leaf: Leaf, names: Names, variable: str) -> list[Statement]:
        """``layers.append(…)``, under its condition."""
        self.maker.carries = self.carries and leaf.line not in self.inline
        try:
            before, doc = self.statements(leaf, names, variable_for(leaf, variable))
        finally:
            self.maker.carries = False
        done: list[Statement] = [*before, append(variable, [doc])]
        if not leaf.always:
            condition = self.maker.condition(leaf, names)
            done = [Suite("if ", self.maker.write(condition), tuple(done))]
        after = {point: self.maker.shape(made(child))[0] for point, child in leaf.children.items()}
        return done + (self.carry_on(after, leaf.children, names) if self.carries and names.loops else [])

    def carry_on(self, after: Slot, children: Mapping[Point, Child], names: Names) -> list[Statement]:
        """``channels = width``, behind what changes the channels."""
        if all(self.maker.arrives(child)[0] == after[point] for point, child in children.items()):
            return []
        if len(children) < len(names_points(names, children)):
            raise Unsolved
        return self.carry(after, names)

    def carry(self, slot: Slot | Mapping[Point, Child], names: Names) -> list[Statement]:
        values = {p: self.maker.arrives(v)[0] if not isinstance(v, int) else v for p, v in slot.items()}
        found = self.maker.solver.inferred(values, names)
        if found is None:
            raise Unsolved
        return [Line(f"{CARRIED} = ", self.maker.write(found))]

    def looped(self, loop: Loop, names: Names, variable: str) -> list[Statement]:
        """A comprehension, a loop of statements, or the rounds one by one, where that is not longer."""
        try:
            done: list[Statement] = [append(variable, self.loop(loop, names))]
            return done + (self.carry_on(lasts(loop, self.maker), firsts(loop), names) if self.inside(names) else [])
        except (Lengthy, Unsolved):
            pass
        ways = []
        for way in (self.all_rounds, self.suite):
            try:
                ways.append(way(loop, names, variable))
            except Unsolved:
                continue
        if not ways:
            raise Unsolved
        return min(ways, key=lambda way: len(written(way, 8)))

    def inside(self, names: Names) -> bool:
        return self.carries and bool(names.loops)

    def suite(self, loop: Loop, names: Names, variable: str) -> list[Statement]:
        """``for width in (64, 128):`` and what is done in each round."""
        inner = within(loop, names)
        body = self.filled(loop.body, inner, variable)
        before, doc = self.header(loop, names, inner, read_by(body))
        return [Suite(before, doc, tuple(body))]

    def all_rounds(self, loop: Loop, names: Names, variable: str) -> list[Statement]:
        statements: list[Statement] = []
        for body, inner in rounds(loop, names):
            statements += self.filled(body, inner, variable)
        return merged(statements, variable)


def firsts(loop: Loop) -> dict[Point, Child]:
    """The first child of a loop, at each point at which there is one."""
    return {at[:-1]: events[0].child for at, events in loop.events.items() if at[-1] == 0}


def lasts(loop: Loop, maker: Maker) -> dict[Point, int]:
    """The channels behind the last round."""
    ends = {at[:-1]: events[-1].child for at, events in sorted(loop.events.items())}
    return {point: maker.shape(made(child))[0] for point, child in ends.items()}


def names_points(names: Names, children: Mapping[Point, Child]) -> set[Point]:
    """The points of a level."""
    return {point for point in names.spec if len(point) == names.depth} or set(children)


def late(statements: Sequence[Statement], variable: str) -> list[Statement]:
    """The carried variable set behind everything that does not read it."""
    done = list(statements)
    for i in reversed(range(len(done) - 1)):
        for j in range(i, len(done) - 1):
            after = done[j + 1]
            sets = isinstance(done[j], Line) and done[j].before == f"{CARRIED} = "
            if sets and appends(after, variable) and CARRIED not in read_by([after]):
                done[j], done[j + 1] = after, done[j]
    return done


def needed(statements: Sequence[Statement]) -> list[Statement]:
    """Statements without those that set the carried variable for nobody to read."""
    kept: list[Statement] = []
    is_read = True
    for statement in reversed(statements):
        sets = isinstance(statement, Line) and statement.before == f"{CARRIED} = "
        if sets and not is_read:
            continue
        is_read = CARRIED in read_by([statement]) or (is_read and not sets)
        kept.insert(0, statement)
    return kept


def within(loop: Loop, names: Names, *, readable: bool = True) -> Names:
    """The names in the body of a loop: what it walks, and the number of its round. Raises Unsolved."""
    if loop.ragged:
        raise Unsolved
    spec = {at: round.names for at, round in loop.rounds.items()}
    if not readable:
        return Names(names.depth + 1, {}, spec, names)
    letter = next(letter for letter in LETTERS if letter not in names and letter not in next(iter(spec.values())))
    own: dict[str, Slot] = {}
    for name in next(iter(spec.values())):
        if name != "index":
            own[name] = {at: frozen(found[name]) for at, found in spec.items()}
    own[letter] = {at: at[-1] for at in spec}
    return Names(names.depth + 1, own, spec, names, letter)


def unwound(loop: Loop, number: int) -> tuple[Entry, ...]:
    return loop.round(number)


def rounds_names(loop: Loop, names: Names, number: int) -> Names:
    """The names in one round that is written out."""
    spec = {at[:-1]: round.names for at, round in loop.rounds.items() if at[-1] == number}
    return Names(names.depth, {}, spec, names)


def only_leaf(found: Sequence[Entry]) -> Leaf:
    """The one line of a body that is always there. Raises Lengthy."""
    if len(found) != 1 or not isinstance(found[0], Leaf) or not found[0].always:
        raise Lengthy
    return found[0]


def only_name(leaf: Leaf) -> str:
    """The name that a line has at all points. Raises Unsolved."""
    names = {child.name for child in leaf.children.values()}
    if len(names) != 1:
        raise Unsolved
    return names.pop()


def is_positional(leaf: Leaf) -> bool:
    """Whether the children of a line's scopes are named by their positions."""
    scopes = [child for child in leaf.children.values() if isinstance(child, Scope)]
    return all(numbered(scope) for scope in scopes)


def numbered(scope: Scope) -> bool:
    return [child.name for child in scope.children] == [str(i) for i in range(len(scope.children))]


def variable_for(leaf: Leaf, outer: str) -> str:
    """What the list of a line's own modules is called, inside another list."""
    name = leaf.first.name
    return name if name.isidentifier() else f"{outer}_"


def append(variable: str, items: Sequence[Doc]) -> Line:
    """``layers.append(x)``, or ``layers += [x, y]``."""
    if len(items) == 1 and not isinstance(items[0], Each):
        return Line("", call(f"{variable}.append", items[0]))
    if len(items) == 1 and isinstance(items[0], Each):
        each = items[0]
        return Line(f"{variable} += ", Each("[", each.element, each.clause))
    return Line(f"{variable} += ", Bracket("[", tuple(items), "]"))


def appends(statement: Statement, variable: str) -> tuple[Doc, ...] | None:
    """The items that a statement puts behind a list, and nothing else."""
    if not isinstance(statement, Line):
        return None
    if isinstance(statement.doc, Bracket) and statement.doc.head == f"{variable}.append(":
        return statement.doc.items
    if statement.before == f"{variable} += ":
        if isinstance(statement.doc, Bracket):
            return statement.doc.items
        if isinstance(statement.doc, Each):
            return (Each("*[", statement.doc.element, statement.doc.clause),)
    return None


def merged(statements: Sequence[Statement], variable: str) -> list[Statement]:
    """Neighbours that append to one list made one."""
    done: list[Statement] = []
    for statement in statements:
        items = appends(statement, variable)
        before = appends(done[-1], variable) if done else None
        if items is not None and before is not None:
            done[-1] = append(variable, [*before, *items])
        else:
            done.append(statement)
    return done


def begun(statements: list[Statement], variable: str) -> list[Statement]:
    """The list set up with what comes first in it."""
    items = appends(statements[0], variable) if statements else None
    rest = statements[1:] if items is not None else statements
    return [Line(f"{variable}: list[nn.Module] = ", Bracket("[", tuple(items or ()), "]")), *rest]


def written_to(statements: Sequence[Statement]) -> set[str]:
    """The variables that statements set."""
    return {s.before.split(" = ")[0].split(":")[0] for s in statements if isinstance(s, Line) and " = " in s.before}


def table(rows: Sequence[Sequence[object]]) -> Doc:
    return tuple_of(tuple_of(map(literal, row)) for row in rows)


def key(name: str) -> Doc:
    return Text(quoted(name))
