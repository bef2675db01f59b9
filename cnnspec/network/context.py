"""What the expansion carries along: the tensor that flows, the names in force, and the scope being filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cnnspec.diagnostics import Frame, Label, Span
from cnnspec.layers import Shape
from cnnspec.network.graph import NOWHERE, Node, Scope
from cnnspec.spec import Item
from cnnspec.syntax import LayerName, Silent, Value


@dataclass(frozen=True, slots=True)
class Flow:
    """The tensor that reaches a line: which value it is and its shape; neither is known after an error."""

    value: int = NOWHERE
    shape: Shape | None = None

    def known(self) -> Shape:
        """The shape; raises Silent where an error before this line left it unknown."""
        if self.shape is None:
            raise Silent
        return self.shape


UNKNOWN = Flow()


def place(span: Span, trace: Frame | None) -> Span:
    """The innermost line of the user's own text on the way to a span: that itself, or what called for it."""
    if not span.source.shipped:
        return span
    return next((f.span for f in trace or () if f.span and not f.span.source.shipped), span)


@dataclass(frozen=True, slots=True)
class Context:
    """The definition whose lines are being expanded: its names, its input, and how it was reached."""

    env: dict[str, Value]
    entry: Flow
    trace: Frame | None = None
    blocks: tuple[str, ...] = ()  # the blocks that are open, outermost first

    def with_names(self, names: dict[str, Value], frame: Frame | None) -> Context:
        return Context({**self.env, **names}, self.entry, frame, self.blocks)

    def place(self, span: Span) -> Span:
        """The innermost line of the user's own text: for a line of a built-in block, the one that called for it."""
        return place(span, self.trace)

    def frame(self, text: str, span: Span | None = None) -> Frame:
        """One step further in."""
        return Frame(text, span, self.trace)


@dataclass(frozen=True, slots=True)
class Made:
    """A line that gave a module: what it takes to run the line once more."""

    item: Item
    op: LayerName
    context: Context
    child: Node | Scope


@dataclass(slots=True)
class ScopeBuilder:
    """A scope while its lines are expanded."""

    key: str
    type: str
    span: Span
    first: int  # the index of the first node that it can hold
    parent: ScopeBuilder | None = None  # where `from` looks further; none for blocks, which see only their own lines
    children: list[Node | Scope] = field(default_factory=list)
    keys: dict[str, Span] = field(default_factory=dict)
    ids: dict[str, Flow] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)  # the modules of this scope, by name
    skipped: dict[str, Label] = field(default_factory=dict)  # ids of lines that are left out, and what does it
    unsure: bool = False  # a broken line may have left out ids that lines below name
    position: int = 0

    def child_key(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

    def next_name(self) -> str:
        """The name of an item without an id: its position in this scope."""
        self.position += 1
        return str(self.position - 1)

    def give_back(self, empty: ScopeBuilder) -> None:
        """A scope in which nothing is: it is not there and takes no position."""
        self.keys.pop(empty.key.rpartition(".")[2], None)
        self.position -= 1

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
            if name in scope.skipped:
                return scope.skipped[name]
            scope = scope.parent
        return None

    def visible_ids(self) -> list[str]:
        outer = self.parent.visible_ids() if self.parent else []
        return [*self.ids, *outer]

    def close(self, arriving: int, output: int) -> Scope:
        """The finished scope: what its nodes use from outside becomes its inputs, the line above first."""
        used = [value for child in self.children for value in child.inputs]
        outside = dict.fromkeys(value for value in (*used, output) if NOWHERE < value < self.first)
        inputs = sorted(outside, key=lambda value: value != arriving)
        return self.closed(tuple(inputs), output)

    def closed(self, inputs: tuple[int, ...], output: int) -> Scope:
        """The finished scope with these inputs."""
        return Scope(self.key, self.type, tuple(self.children), inputs, output, self.span)
