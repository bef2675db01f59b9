"""Blocks that are called once more with equal arguments on an equal shape: copied, not expanded anew.

    layer3.0  width 256, stride 2, 512×28×28    expanded
    layer3.1  width 256, stride 1, 1024×14×14   expanded, and kept as a Model
    layer3.2  width 256, stride 1, 1024×14×14   a copy of layer3.1: other keys, other values, its own way there
    …

A block sees its params, its lines and its input, and nothing else: what it comes to follows from what its call gives.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cnnspec.engine.diagnostics import Frame
from cnnspec.engine.network.context import Context, Flow, place
from cnnspec.engine.network.control_path import ControlPath
from cnnspec.engine.network.graph import Node, Scope
from cnnspec.engine.spec import Arguments, Item
from cnnspec.engine.syntax import LayerName, Value


class Model(Struct, frozen=True):
    """A block as it came out of its first expansion."""

    scope: Scope
    nodes: tuple[Node, ...]
    trace: Frame | None  # how the block was reached
    entries: tuple[int, ...]
    output: Flow
    scopes: int  # its own and those inside it

    @classmethod
    def of(cls, scope: Scope, nodes: Sequence[Node], call: Context, output: Flow) -> Model:
        entries = tuple(flow.value for flow in call.inputs)
        return cls(scope, tuple(nodes), call.trace, entries, output, _scopes(scope))


def _scopes(scope: Scope) -> int:
    return 1 + sum([_scopes(child) for child in scope.children if isinstance(child, Scope)])


def likeness(call: Context, given: Arguments, *rest: Hashable) -> Hashable:
    """Equal for calls of a block that come to the same: those of equal values, within the same blocks."""
    entries: tuple[Hashable, ...] = (call.entry.shape, call.entry.dtype)
    if call.others:  # which of them are the same value as another counts as well
        values = [flow.value for flow in call.inputs]
        entries = tuple((flow.shape, flow.dtype, values.index(flow.value)) for flow in call.inputs)
    return (call.blocks, entries, *rest, *((name, _typed(given[name].value)) for name in given))


def _typed(value: Value) -> Hashable:
    """A value that equals its likes alone: 1, 1.0 and true are equal to Python, and so are layers of one name."""
    if isinstance(value, tuple):
        return (int, value) if set(map(type, value)) == {int} else tuple(map(_typed, value))
    if isinstance(value, LayerName):
        return (value.name, *((name, _typed(argument.value)) for name, argument in (value.args or {}).items()))
    return (type(value), value)


class Copy:
    """A model once more: for the call in the line ``item``, under another key, from the node ``first`` on."""

    def __init__(self, model: Model, key: str, item: Item, first: int, context: Context, way: ControlPath) -> None:
        self.model, self.key, self.context = model, key, context
        self.old = len(model.scope.key)
        self.shift = first - model.nodes[0].index
        self.arriving = {old: flow.value for old, flow in zip(model.entries, context.inputs, strict=True)}
        self.frames: dict[int, Frame | None] = {id(model.trace): context.trace}
        self.nodes = [self.node(node) for node in model.nodes]
        opened = replace(model.scope.opened, line=item, control_path=way)
        self.scope = replace(self.scope_of(model.scope), span=item.span, opened=opened)

    @property
    def output(self) -> Flow:
        return self.flow(self.model.output)

    def flow(self, flow: Flow) -> Flow:
        outputs = {name: self.flow(one) for name, one in flow.outputs.items()}
        return replace(flow, value=self.value(flow.value), outputs=outputs)

    def value(self, value: int) -> int:
        found = self.arriving.get(value)
        return value + self.shift if found is None else found

    def node(self, node: Node) -> Node:
        trace = self.frame(node.trace)
        return Node(
            node.index + self.shift,
            self.key + node.key[self.old :],
            node.type,
            node.layer,
            tuple([self.value(value) for value in node.inputs]),
            node.input_shapes,
            node.shape,
            node.tensors,
            node.macs,
            place(node.item.span, trace),
            node.item,
            trace,
            node.aux,
            node.reused,
            node.control_path,
            node.dtype,
            node.several,
        )

    def scope_of(self, scope: Scope) -> Scope:
        first = self.model.nodes[0].index
        return Scope(
            self.key + scope.key[self.old :],
            scope.type,
            tuple([self.nodes[c.index - first] if isinstance(c, Node) else self.scope_of(c) for c in scope.children]),
            tuple([self.value(value) for value in scope.inputs]),
            {name: self.value(value) for name, value in scope.outputs.items()},
            scope.span,
            scope.opened,
        )

    def frame(self, frame: Frame | None) -> Frame | None:
        """The way to a line: inside the block that of the model, and outside of it that of the copy."""
        if id(frame) not in self.frames:
            assert frame is not None, "every line of a block is reached through its call"
            self.frames[id(frame)] = Frame(self.renamed(frame.text), frame.span, self.frame(frame.parent), frame.call)
        return self.frames[id(frame)]

    def renamed(self, text: str) -> str:
        """``2nd of layer3.1.conv`` tells of a scope by its key."""
        before, of, key = text.partition(f" of {self.model.scope.key}")
        return f"{before} of {self.key}{key}" if of and key[:1] in ("", ".") else text
