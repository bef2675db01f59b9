"""The lines of a class -> which takes what: one dataflow for all its instances.

A line that is left out in some instances stands for what its readers take instead: the value that passes it by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cnnspec.engine.network import Node, Scope
from cnnspec.engine.network.graph import OUTPUTS, maker
from cnnspec.engine.source.names import SourceNames, Unsolved
from cnnspec.engine.source.template import Entry, Leaf
from cnnspec.engine.source.values import Point, only

Value = int  # the number of the step that makes it, with OUTPUTS for each output before; input i of the class is -1 - i


@dataclass(frozen=True, slots=True, eq=False)
class WiringStep:
    """A line in the order of execution, with the names that it may read."""

    leaf: Leaf
    names: SourceNames
    inputs: tuple[Value, ...] = ()

    @property
    def is_identity(self) -> bool:
        """Whether it hands on what it gets, and leaves nothing to call."""
        return isinstance(self.leaf.first, Node) and self.leaf.first.layer.role == "identity" and not self.leaf.is_named


@dataclass(eq=False)
class SourceWiring:
    """``instead`` is what stands for a step where its line is left out; ``outputs`` what the class gives."""

    steps: list[WiringStep]
    outputs: tuple[Value, ...]
    instead: dict[Value, Value]


def unrolled(entries: Sequence[Entry], names: SourceNames) -> list[WiringStep]:
    """The lines with every loop written out. Raises Unsolved where the rounds differ in number."""
    steps = []
    for entry in entries:
        if isinstance(entry, Leaf):
            steps.append(WiringStep(entry, names))
            continue
        for body, inner in entry.all_rounds(names):
            steps += unrolled(body, inner)
    return steps


def wire(steps: Sequence[WiringStep], scopes: Mapping[Point, Scope], outputs: Sequence[int] = ()) -> SourceWiring:
    """``outputs`` are the values that a network gives, where they are not its last line's.

    Raises Unsolved where no one dataflow serves all instances.
    """
    return _Wirer(list(steps), scopes).wiring(tuple(outputs))


@dataclass(eq=False)
class _Wirer:
    steps: list[WiringStep]
    scopes: Mapping[Point, Scope]
    instead: dict[Value, Value] = field(default_factory=dict)

    def wiring(self, outputs: tuple[int, ...]) -> SourceWiring:
        makers = {point: self.makers(point) for point in self.scopes}
        wired = []
        for step in self.steps:
            taken = {point: child.inputs for point, child in step.leaf.children.items()}
            count = len(only(taken))
            if any(len(inputs) != count for inputs in taken.values()):
                raise Unsolved
            seen = [{point: inputs[i] for point, inputs in taken.items()} for i in range(count)]
            wired.append(WiringStep(step.leaf, step.names, tuple(self.read(each, makers) for each in seen)))
        given = {point: outputs or scope.values for point, scope in self.scopes.items()}
        if len(set(map(len, given.values()))) > 1:
            raise Unsolved
        ends = [{point: values[i] for point, values in given.items()} for i in range(len(only(given)))]
        return SourceWiring(wired, tuple(self.read(each, makers) for each in ends), self.instead)

    def read(self, values: Mapping[Point, int], makers: Mapping[Point, Mapping[int, Value]]) -> Value:
        """What is read where these values of the graph stand; an instance may take one tensor as two of its inputs."""
        for i in range(max(len(scope.inputs) for scope in self.scopes.values())):
            if all(self.scopes[point].inputs[i : i + 1] == (value,) for point, value in values.items()):
                return -1 - i
        return self.unified({point: makers[point][value] for point, value in values.items()})

    def makers(self, point: Point) -> dict[int, Value]:
        """The step or input that each value of the graph comes from, in one instance."""
        inputs = self.scopes[point].inputs
        found: dict[int, Value] = {value: -1 - inputs.index(value) for value in inputs}
        for number, step in enumerate(self.steps):
            if point in step.leaf.children:
                for place, value in enumerate(step.leaf.children[point].values):
                    found.setdefault(value, number + place * OUTPUTS)
        return found

    def unified(self, seen: Mapping[Point, Value]) -> Value:
        """One value that is, in each instance, what is seen there."""
        latest = max(seen.values(), key=maker)
        if latest < 0:
            if any(value != latest for value in seen.values()):
                raise Unsolved
            return latest
        there = self.steps[maker(latest)].leaf.children
        if any(value != latest for point, value in seen.items() if point in there):
            raise Unsolved
        rest = {point: value for point, value in seen.items() if point not in there}
        if rest:
            if len(self.steps[maker(latest)].leaf.first.values) > 1:
                raise Unsolved
            instead = self.unified(rest)
            if self.instead.setdefault(latest, instead) != instead:
                raise Unsolved
        return latest
