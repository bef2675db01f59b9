"""Lines -> Group: the tree of modules, each with one output.

A line with weights stands where its key says; one without stands where it is called. A module that is called is a
group. A list or dict of modules is called by nobody: its members' lines are a group with what lies between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from cnnspec.diagnostics import Diagnostic, Label, Sink
from cnnspec.importing.program import Head, Line, Path, Program, dotted
from cnnspec.importing.tidy import arriving, leaving
from cnnspec.spec.items import SCOPE


@dataclass(slots=True, eq=False)
class Group:
    """A module of modules. ``inputs`` are the values that it takes from outside."""

    path: Path
    type: str
    parts: list[Line | Group] = field(default_factory=list)
    inputs: tuple[int, ...] = ()
    output: int = 0
    shared: bool = False  # whether its module is called elsewhere as well
    again: bool = False  # whether it runs the module of a group before it once more

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else ""

    def lines(self) -> Iterable[Line]:
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.lines()
            else:
                yield part


def scopes(program: Program, sink: Sink) -> Group:
    """The network as a tree; what is in no tree goes to the sink."""
    return _Builder(program, sink).group((), program.origins[()].type, list(program.lines))


def head_scope(program: Program, head: Head, sink: Sink) -> Group:
    """The tree of a head."""
    lines = Program(program.name, program.inputs, head.lines, {"": head.lines[-1].value}, program.origins)
    return _Builder(lines, sink).group(head.path, head.type, list(head.lines))


class _Builder:
    def __init__(self, program: Program, sink: Sink) -> None:
        self.program = program
        self.sink = sink
        self.outputs = program.wanted
        self.layers = {line.path for line in program.lines if line.stateful}
        self.homes = {line.value: self.home(line) for line in program.lines}

    def home(self, line: Line) -> Path:
        """The path of the scope that a line stands in."""
        if line.stateful and line.path is not None:
            return line.path[:-1]
        return next(frame.path for frame in reversed(line.frames) if frame.path not in self.layers or not frame.path)

    def group(self, path: Path, type: str, lines: list[Line]) -> Group:
        made = Group(path, type)
        for name in dict.fromkeys(self.below(path, line) for line in lines):
            if name is not None:
                self.enclose(path, name, lines)
        self.fill(made, lines)
        made.inputs = tuple(arriving(lines))
        made.output = self.output(made, lines)
        return made

    def below(self, path: Path, line: Line) -> str | None:
        """The name of the child scope that a line stands in."""
        rest = self.homes[line.value][len(path) :]
        return rest[0] if rest else None

    def number(self, path: Path, line: Line) -> int:
        """Which call of the module at a path a line belongs to; 0 where nobody calls it."""
        return next((frame.number for frame in line.frames if frame.path == path), 0)

    def fill(self, made: Group, lines: list[Line]) -> None:
        """The parts in the order in which they are done: a child scope where its last line is."""
        children: dict[tuple[str, int], list[Line]] = {}
        for line in lines:
            children.setdefault(self.key(made.path, line), []).append(line)
        first: dict[Path, list[Line]] = {}  # of each module with weights, the lines of its first call
        for line in lines:
            key = self.key(made.path, line)
            if not key[0]:
                path = line.path if line.stateful else None
                made.parts.append(replace(line, again=path is not None and path in first))
                first.setdefault(path or (), [line])
            elif children[key][-1] is line:
                made.parts.append(self.child(made.path, key, children, first))

    def key(self, path: Path, line: Line) -> tuple[str, int]:
        """Which child scope a line stands in, and in which call of it; no name where it stands in the scope itself."""
        name = self.below(path, line)
        return (name, self.number((*path, name), line)) if name is not None else ("", 0)

    def child(
        self,
        path: Path,
        key: tuple[str, int],
        children: dict[tuple[str, int], list[Line]],
        first: dict[Path, list[Line]],
    ) -> Group:
        name, number = key
        inner, lines = (*path, name), children[key]
        type = next((f.type for line in lines for f in line.frames if f.number == number and number), SCOPE)
        made = self.group(inner, type, lines)
        made.shared = sum(other == name for other, _ in children) > 1
        if any(line.stateful for line in lines):
            before = first.setdefault(inner, lines)
            made.again = before is not lines
            if made.again and _flow(before) != _flow(lines):
                self.entered_twice(made, lines)
        return made

    def entered_twice(self, group: Group, lines: list[Line]) -> None:
        message = f"`{dotted(group.path)}` runs twice, and does not do the same: a module of a spec has one way through"
        help = "call what differs as a module of its own, beside it"
        self.sink.add(Diagnostic("entered-twice", message, Label(lines[0].span, "the second time"), help=help))

    # --------------------------------------------------------------------------------------------- lists of modules

    def enclose(self, path: Path, name: str, lines: list[Line]) -> None:
        """Takes into a scope that nobody calls what lies between its lines, and what makes it one output."""
        inner = (*path, name)
        if any(self.number(inner, line) for line in lines if self.below(path, line) == name):
            return
        members = {line.value for line in lines if self.below(path, line) == name}
        members = self.take(path, inner, members | self.between(members, lines), lines)
        while len(leaving(self.those(lines, members), lines, self.outputs)) > 1:
            following = self.following(path, members, lines)
            if following is None:
                return  # `output` tells it
            more = members | {following.value}
            members = self.take(path, inner, more | self.between(more, lines), lines)
        self.take(path, inner, members | self.last_round(path, members, lines), lines)

    def last_round(self, path: Path, members: set[int], lines: list[Line]) -> set[int]:
        """What follows the last member as it follows each of the others: `for layer in layers: x = relu(layer(x))`."""
        inside = self.those(lines, members)
        anchors = [i for i, line in enumerate(inside) if line.stateful]
        rounds = {tuple(line.type for line in inside[a + 1 : b]) for a, b in pairwise(anchors)}
        done = tuple(line.type for line in inside[anchors[-1] + 1 :])
        if len(rounds) != 1 or not anchors:
            return set()
        (wanted,) = rounds
        behind = [line for line in lines if line.value > inside[-1].value][: len(wanted) - len(done)]
        free = all(self.homes[line.value] == path and not line.stateful for line in behind)
        more = {line.value for line in behind}
        if not free or done + tuple(line.type for line in behind) != wanted:
            return set()
        return more if len(leaving(self.those(lines, members | more), lines, self.outputs)) == 1 else set()

    @staticmethod
    def those(lines: Iterable[Line], values: set[int]) -> list[Line]:
        return [line for line in lines if line.value in values]

    def take(self, path: Path, inner: Path, members: set[int], lines: list[Line]) -> set[int]:
        """Lines of the scope around that may move do so."""
        for line in self.those(lines, members):
            if self.homes[line.value] == path and not line.stateful:
                self.homes[line.value] = inner
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

    def following(self, path: Path, members: set[int], lines: list[Line]) -> Line | None:
        """The first line behind the members that takes one of them, if it may move."""
        for line in lines:
            if line.value not in members and members.intersection(line.inputs):
                free = self.homes[line.value] == path and not line.stateful
                return line if free else None
        return None

    # ------------------------------------------------------------------------------------------------------ outputs

    def output(self, group: Group, lines: list[Line]) -> int:
        """The one value that leaves a scope."""
        if not group.path:
            return max(self.program.outputs.values())  # the others are called by their names
        found = [*leaving(lines, self.program.lines, self.outputs)]
        if len(found) > 1:
            self.several(group, [line for line in lines if line.value in found])
        return found[-1]

    def several(self, group: Group, made: list[Line]) -> None:
        *_, second, last = made
        message = f"`{dotted(group.path)}` ({group.type}) hands on {len(made)} tensors, and a scope hands on one"
        help = "let it return one tensor, and keep what is taken out of its middle beside it, not in it"
        label = Label(last.span, f"this {last.type} is one of them")
        labels = (Label(second.span, f"this {second.type} another"),)
        self.sink.add(Diagnostic("several-outputs", message, label, labels=labels, help=help))


def _flow(lines: list[Line]) -> list[tuple[object, ...]]:
    """What lines do, whatever they do it on."""
    numbers = {value: -1 - n for n, value in enumerate(arriving(lines))}
    numbers |= {line.value: n for n, line in enumerate(lines)}
    return [(line.type, line.args, line.path, tuple(numbers[value] for value in line.inputs)) for line in lines]
