"""Lines -> Group: the tree of modules, each with one output.

A line with weights stands where its key says; one without stands where it is called. A module that is called is a
group. A list or dict of modules is called by nobody: its members' lines are a group with what lies between them, and
where none of them has weights there is no group: no key needs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink
from cnnspec.engine.spec.items import SCOPE
from cnnspec.pytorch.importing.program import ImportedHead, ImportedProgram, Line, Path, dotted
from cnnspec.pytorch.importing.tidy import arriving, leaving


@dataclass(slots=True, eq=False)
class ScopeGroup:
    """A module of modules. ``inputs`` are the values that it takes from outside."""

    path: Path
    type: str
    parts: list[Line | ScopeGroup] = field(default_factory=list)
    inputs: tuple[int, ...] = ()
    output: int = 0
    shared: bool = False  # whether its module is called elsewhere as well
    again: bool = False  # whether it runs the module of a group before it once more

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else ""

    def lines(self) -> Iterable[Line]:
        for part in self.parts:
            if isinstance(part, ScopeGroup):
                yield from part.lines()
            else:
                yield part


def scopes(program: ImportedProgram, sink: Sink) -> ScopeGroup:
    """The network as a tree; what is in no tree goes to the sink."""
    return _Builder(program, sink).group((), program.origins[()].type, list(program.lines))


def head_scope(program: ImportedProgram, head: ImportedHead, sink: Sink) -> ScopeGroup:
    """The tree of a head."""
    lines = ImportedProgram(program.name, program.inputs, head.lines, {"": head.lines[-1].value}, program.origins)
    return _Builder(lines, sink).group(head.path, head.type, list(head.lines), len(head.path))


class _Builder:
    """Builds the tree. ``homes`` are, for each line, the paths of the scopes that it stands in, outermost first."""

    def __init__(self, program: ImportedProgram, sink: Sink) -> None:
        self.program = program
        self.sink = sink
        self.outputs = program.wanted
        self.layers = {line.path for line in program.lines if line.stateful}
        self.homes = {line.value: self.home(line) for line in program.lines}
        self.dissolve()

    def home(self, line: Line) -> tuple[Path, ...]:
        """The scopes below the network's own that a line stands in."""
        frames = (frame.path for frame in reversed(line.frames) if frame.path not in self.layers or not frame.path)
        path = line.path[:-1] if line.stateful and line.path is not None else next(frames)
        return tuple(path[:end] for end in range(1, len(path) + 1))

    def dissolve(self) -> None:
        """Takes away scopes without weights that nobody calls, or that hand on several tensors: no key needs them."""
        inside: dict[Path, list[Line]] = {}
        for line in self.program.lines:
            for path in self.homes[line.value]:
                inside.setdefault(path, []).append(line)
        for path, lines in inside.items():
            if not any(line.stateful for line in lines) and not self.is_one_call(path, lines):
                for line in lines:
                    self.homes[line.value] = tuple(home for home in self.homes[line.value] if home != path)

    def is_one_call(self, path: Path, lines: list[Line]) -> bool:
        """Whether lines belong to calls of a module, each of which hands on one tensor."""
        calls: dict[int, list[Line]] = {}
        for line in lines:
            calls.setdefault(self.number(path, line), []).append(line)
        return 0 not in calls and all(
            len(leaving(inner, self.program.lines, self.outputs)) == 1 for inner in calls.values()
        )

    def group(self, path: Path, type: str, lines: list[Line], depth: int = 0) -> ScopeGroup:
        made = ScopeGroup(path, type)
        for inner in dict.fromkeys(self.below(depth, line) for line in lines):
            if inner is not None:
                self.enclose(depth, inner, lines)
        self.fill(made, lines, depth)
        made.inputs = tuple(arriving(lines))
        made.output = self.output(made, lines)
        return made

    def below(self, depth: int, line: Line) -> Path | None:
        """The child scope that a line of a scope at this depth stands in."""
        home = self.homes[line.value]
        return home[depth] if len(home) > depth else None

    @staticmethod
    def number(path: Path, line: Line) -> int:
        """Which call of the module at a path a line belongs to; 0 where nobody calls it."""
        return next((frame.number for frame in line.frames if frame.path == path), 0)

    def fill(self, made: ScopeGroup, lines: list[Line], depth: int) -> None:
        """The parts in the order in which they are done: a child scope where its last line is."""
        children: dict[tuple[Path, int], list[Line]] = {}
        for line in lines:
            children.setdefault(self.key(depth, line), []).append(line)
        first: dict[Path, list[Line]] = {}  # of each module with weights, the lines of its first call
        for line in lines:
            key = self.key(depth, line)
            if not key[0]:
                path = line.path if line.stateful else None
                made.parts.append(replace(line, again=path is not None and path in first))
                first.setdefault(path or (), [line])
            elif children[key][-1] is line:
                made.parts.append(self.child(key, children, first, depth + 1))

    def key(self, depth: int, line: Line) -> tuple[Path, int]:
        """Which child scope a line stands in, and in which call of it; no path where it stands in the scope itself."""
        path = self.below(depth, line)
        return (path, self.number(path, line)) if path is not None else ((), 0)

    def child(
        self,
        key: tuple[Path, int],
        children: dict[tuple[Path, int], list[Line]],
        first: dict[Path, list[Line]],
        depth: int,
    ) -> ScopeGroup:
        path, number = key
        lines = children[key]
        type = next((f.type for line in lines for f in line.frames if f.number == number and number), SCOPE)
        made = self.group(path, type, lines, depth)
        made.shared = sum(other == path for other, _ in children) > 1
        if any(line.stateful for line in lines):
            before = first.setdefault(path, lines)
            made.again = before is not lines
            if made.again and _flow(before) != _flow(lines):
                self.entered_twice(made, lines)
        return made

    def entered_twice(self, group: ScopeGroup, lines: list[Line]) -> None:
        message = f"`{dotted(group.path)}` runs twice, and does not do the same: a module of a spec has one way through"
        help = "call what differs as a module of its own, beside it"
        self.sink.add(Diagnostic("entered-twice", message, Label(lines[0].span, "the second time"), help=help))

    # --------------------------------------------------------------------------------------------- lists of modules

    def enclose(self, depth: int, inner: Path, lines: list[Line]) -> None:
        """Takes into a scope that nobody calls what lies between its lines, and what makes it one output."""
        own = {line.value for line in lines if self.below(depth, line) == inner}
        if any(self.number(inner, line) for line in self.those(lines, own)):
            return
        units = self.units(depth, lines)
        members = self.take(depth, inner, self.closed(own, lines, units), lines)
        while len(leaving(self.those(lines, members), lines, self.outputs)) > 1:
            following = self.following(members, lines, units)
            if not following:
                return  # `output` tells it
            members = self.take(depth, inner, self.closed(members | following, lines, units), lines)
        self.take(depth, inner, members | self.last_round(members, lines, units), lines)

    def units(self, depth: int, lines: list[Line]) -> dict[int, set[int]]:
        """The lines that may move into a scope at this depth, each with those that move along: its module's call."""
        calls: dict[tuple[Path, int], list[Line]] = {}
        for line in lines:
            calls.setdefault(self.key(depth, line) if self.below(depth, line) else ((), line.value), []).append(line)
        free = [call for call in calls.values() if not any(line.stateful for line in call)]
        return {line.value: {other.value for other in call} for call in free for line in call}

    def closed(self, members: set[int], lines: list[Line], units: dict[int, set[int]]) -> set[int]:
        """Members with all that lies between them."""
        while True:
            more = members | self.between(members, lines)
            more = more.union(*(units.get(value, ()) for value in more))
            if more == members:
                return members
            members = more

    def last_round(self, members: set[int], lines: list[Line], units: dict[int, set[int]]) -> set[int]:
        """What follows the last member as it follows each of the others: `for layer in layers: x = relu(layer(x))`."""
        inside = self.those(lines, members)
        anchors = [i for i, line in enumerate(inside) if line.stateful]
        rounds = {tuple(line.type for line in inside[a + 1 : b]) for a, b in pairwise(anchors)}
        if len(rounds) != 1:
            return set()
        (wanted,) = rounds
        done = tuple(line.type for line in inside[anchors[-1] + 1 :])
        behind = [line for line in lines if line.value > inside[-1].value][: len(wanted) - len(done)]
        more = {line.value for line in behind}
        free = all(units.get(value, {-1}) <= more for value in more)
        if not free or done + tuple(line.type for line in behind) != wanted:
            return set()
        return more if len(leaving(self.those(lines, members | more), lines, self.outputs)) == 1 else set()

    @staticmethod
    def those(lines: Iterable[Line], values: set[int]) -> list[Line]:
        return [line for line in lines if line.value in values]

    def take(self, depth: int, inner: Path, members: set[int], lines: list[Line]) -> set[int]:
        """Lines of the scope around, and its modules without weights, move into a scope."""
        for line in self.those(lines, members):
            home = self.homes[line.value]
            if not line.stateful and self.below(depth, line) != inner:
                self.homes[line.value] = (*home[:depth], inner, *home[depth:])
        return members

    @staticmethod
    def between(members: set[int], lines: list[Line]) -> set[int]:
        """What is fed by a member and feeds one."""
        fed, feeding = set(members), set(members)
        for line in lines:
            if fed.intersection(line.inputs):
                fed.add(line.value)
        for line in reversed(lines):
            if line.value in feeding:
                feeding.update(line.inputs)
        return (fed & feeding) - members

    @staticmethod
    def following(members: set[int], lines: list[Line], units: dict[int, set[int]]) -> set[int]:
        """The first line behind the members that takes one of them, with what moves along; nothing if none may move."""
        for line in lines:
            if line.value not in members and members.intersection(line.inputs):
                return units.get(line.value, set())
        return set()

    # ------------------------------------------------------------------------------------------------------ outputs

    def output(self, group: ScopeGroup, lines: list[Line]) -> int:
        """The one value that leaves a scope."""
        if not group.path:
            return max(self.program.outputs.values())  # the others are called by their names
        found = [*leaving(lines, self.program.lines, self.outputs)]
        if len(found) > 1:
            self.several(group, [line for line in lines if line.value in found])
        return found[-1]

    def several(self, group: ScopeGroup, made: list[Line]) -> None:
        *_, second, last = made
        called = any(self.number(group.path, line) for line in made)
        name = f"`{dotted(group.path)}`"
        if called:
            message = f"{name} ({group.type}) hands on {len(made)} tensors, and a scope hands on one"
            help = "make the layers behind the other tensors attributes of the module that calls it: keys change"
        else:
            message = f"{len(made)} tensors are taken out of the members of {name}, and a scope hands on one"
            help = f"call the members of {name} one after the other, or make each an attribute of its own: keys change"
        label = Label(last.span, f"this {last.type} is one of them")
        labels = (Label(second.span, f"this {second.type} another"),)
        self.sink.add(Diagnostic("several-outputs", message, label, labels=labels, help=help))


def _flow(lines: list[Line]) -> list[tuple[object, ...]]:
    """What lines do, whatever they do it on."""
    numbers = {value: -1 - n for n, value in enumerate(arriving(lines))}
    numbers |= {line.value: n for n, line in enumerate(lines)}
    return [(line.type, line.args, line.path, tuple(numbers[value] for value in line.inputs)) for line in lines]
