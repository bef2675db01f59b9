"""What the expansion carries along: the tensor that flows, the names in force, and the scope being filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Frame, Label, Span
from cnnspec.engine.layers import Shape
from cnnspec.engine.network.control_path import START, ControlPath
from cnnspec.engine.network.graph import NOWHERE, OUTPUT, OUTPUTS, Node, Opened, Scope
from cnnspec.engine.network.patch_bases import BaseScope, Line
from cnnspec.engine.spec import Item
from cnnspec.engine.spec.name_lookup import own_ids
from cnnspec.engine.syntax import LayerName, Silent, Value
from cnnspec.engine.syntax import Node as Text


class SeveralOutputs(Exception):
    """A line takes one tensor where another gives several; ``flow`` holds their names."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow


class Flow(Struct, frozen=True):
    """The tensor that reaches a line: which value it is, its shape and its dtype; none is known after an error.

    Of a line that names its outputs it holds each, and is itself the first.
    """

    value: int = NOWHERE
    shape: Shape | None = None
    dtype: str = "float32"
    outputs: Mapping[str, Flow] = {}

    @classmethod
    def of(cls, outputs: Mapping[str, Flow]) -> Flow:
        """The flow of named outputs; unknown where one of them is."""
        flows = list(outputs.values())
        if any(flow.shape is None for flow in flows):
            return UNKNOWN
        return cls(flows[0].value, flows[0].shape, flows[0].dtype, outputs)

    def known(self) -> Shape:
        """The shape; raises Silent where it is unknown after an error, SeveralOutputs where there is more than one."""
        if len(self.outputs) > 1:
            raise SeveralOutputs(self)
        if self.shape is None:
            raise Silent
        return self.shape

    def single(self) -> Flow:
        """The one tensor that it is, known or not. Raises SeveralOutputs."""
        if len(self.outputs) > 1:
            raise SeveralOutputs(self)
        return self

    @property
    def named(self) -> dict[str, int]:
        """The values by the names of the outputs."""
        if not self.outputs:
            return {OUTPUT: self.value}
        return {name: flow.value for name, flow in self.outputs.items()}


UNKNOWN = Flow()


def place(span: Span, trace: Frame | None) -> Span:
    """The innermost line of the user's own text on the way to a span: that itself, or what called for it."""
    if not span.source.shipped:
        return span
    return next((f.span for f in trace or () if f.span and not f.span.source.shipped), span)


class Context(Struct, frozen=True):
    """The definition whose lines are being expanded: its names, its inputs, and how it was reached."""

    env: dict[str, Value]
    entry: Flow
    trace: Frame | None = None
    blocks: tuple[str, ...] = ()  # the blocks that are open, outermost first
    control_path: ControlPath = START  # the loops and conditions of this definition that lead to the line
    others: tuple[Flow, ...] = ()  # the inputs behind the first

    @property
    def inputs(self) -> tuple[Flow, ...]:
        """What reaches the definition, in the order in which it names its inputs."""
        return (self.entry, *self.others)

    def with_names(self, names: dict[str, Value], frame: Frame | None, way: ControlPath) -> Context:
        return Context({**self.env, **names}, self.entry, frame, self.blocks, way, self.others)

    def if_true(self, condition: Text | None) -> Context:
        """Behind a condition that holds."""
        if condition is None:
            return self
        return Context(self.env, self.entry, self.trace, self.blocks, self.control_path.if_true(condition), self.others)

    def place(self, span: Span) -> Span:
        """The innermost line of the user's own text: for a line of a built-in block, the one that called for it."""
        return place(span, self.trace)

    def frame(self, text: str, span: Span | None = None, call: object = None) -> Frame:
        """One step further in."""
        return Frame(text, span, self.trace, call)


class Made(Struct, frozen=True):
    """A line that gave a module: what it takes to run the line once more."""

    item: Item
    op: LayerName
    context: Context
    child: Node | Scope
    run: int = 0  # how often the line had run before, where there are patches


class ScopeBuilder(Struct):
    """A scope while its lines are expanded."""

    key: str
    type: str
    span: Span
    first: int  # the index of the first node that it can hold
    opened: Opened  # by what line it is opened, and under which names
    parent: ScopeBuilder | None = None  # where `from` looks further; none for blocks, which see only their own lines
    children: list[Node | Scope] = field(default_factory=list)
    keys: dict[str, Span] = field(default_factory=dict)
    ids: dict[str, Flow] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)  # the modules of this scope, by name
    left_out: dict[Item, Label] = field(default_factory=dict)  # lines that are not there, and what does it
    skipped: dict[str, Label] = field(default_factory=dict)  # the same of names that patches take away
    unsure: bool = False  # a broken line may have left out ids that lines below name
    position: int = 0
    place: BaseScope | None = None  # in the networks below, where there are patches

    def __post_init__(self) -> None:
        self.position = self.place.start if self.place else 0

    def child_key(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

    def inside(self, line: Line, name: str, since: int = 0) -> BaseScope | None:
        """The place of the scope that a line of this one opens under a name."""
        return self.place.inside(line, self.child_key(name), since) if self.place else None

    def next_name(self, line: Line) -> str:
        """The name of an item without an id: its position in this scope; with patches, what it is called below."""
        kept = self.place.kept(line) if self.place else None
        if kept is not None:
            return kept
        self.position += 1
        return str(self.position - 1)

    def count(self, line: Line) -> None:
        """A line with an id takes a position, too; one of a network below has its own already."""
        self.position += self.place is None or self.place.is_new(line)

    def run(self, line: Line) -> int:
        """How often a line had run in this scope before, where there are patches."""
        return self.place.run(line) if self.place else 0

    def rerun(self, line: Line, run: int) -> None:
        """Goes back to a run of a line, or on to its last: a module that is shared is patched as it was."""
        if self.place is not None:
            self.place.runs[line] = run

    def write(self, line: Line, name: str) -> None:
        """Notes what a line is called, where it is asked for."""
        if self.place is not None:
            self.place.write(line, name)

    def give_back(self, empty: ScopeBuilder) -> None:
        """A scope in which nothing is: it is not there and takes no position."""
        self.keys.pop(empty.key.rpartition(".")[2], None)
        self.position -= empty.place is None or empty.place.forget()

    def look_up(self, find: Callable[[ScopeBuilder], Flow | None]) -> Flow | None:
        """The first answer, from this scope outwards."""
        scope: ScopeBuilder | None = self
        while scope is not None:
            found = find(scope)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def reason(self, name: str) -> Label | None:
        """What leaves the line of an id out, from this scope outwards."""
        scope: ScopeBuilder | None = self
        while scope is not None:
            if found := scope.own_reason(name):
                return found
            scope = scope.parent
        return None

    def own_reason(self, name: str) -> Label | None:
        """What leaves the line of an id out of this scope."""
        for item, reason in reversed(self.left_out.items()):
            if any(id.text == name for id in own_ids(item)):
                return reason
        return self.skipped.get(name)

    def lines(self) -> dict[str, Flow]:
        """The lines above that `from` can name, by id, in the order in which they stand."""
        found = self.parent.lines() if self.parent else {}
        for name, flow in self.ids.items():
            found.pop(name, None)
            found[name] = flow
        return found

    def visible_ids(self) -> list[str]:
        outer = self.parent.visible_ids() if self.parent else []
        return [*self.ids, *outer]

    def close(self, arriving: int, out: Flow) -> Scope:
        """The finished scope: what its nodes use from outside becomes its inputs, the line above first."""
        used = [value for child in self.children for value in child.inputs]
        read = [value for value in (*used, *out.named.values()) if value > NOWHERE]
        outside = dict.fromkeys(v for v in read if (v if v < OUTPUTS else v % OUTPUTS) < self.first)
        inputs = sorted(outside, key=lambda value: value != arriving)
        return self.closed(tuple(inputs), out)

    def closed(self, inputs: tuple[int, ...], out: Flow) -> Scope:
        """The finished scope with these inputs."""
        if self.place is not None:
            self.place.close(self.position)
        return Scope(self.key, self.type, tuple(self.children), inputs, out.named, self.span, self.opened)
