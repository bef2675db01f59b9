"""The Graph: what a spec is once everything in it is known.

Graph
├── nodes    every layer that runs, in order of execution; a value is the index of the node that made it,
│            INPUT being the network's input
└── root     Scope of scopes and nodes: the hierarchy of modules and of state-dict keys
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from cnnspec.diagnostics import Frame, Span
from cnnspec.layers import Layer, Shape, Tensor
from cnnspec.spec import Item

INPUT = -1  # the value that stands for the network's input
NOWHERE = -2  # the output of a scope that a mistake leaves unknown


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One layer at one place of the network. Shapes are without the batch; macs are those of one image."""

    index: int  # its place in Graph.nodes, and the name of the value that it makes
    key: str
    type: str
    layer: Layer
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    tensors: dict[str, Tensor]
    macs: int | None
    span: Span
    item: Item  # the line that says so, perhaps of a built-in block
    trace: Frame | None = None  # how the line was reached

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition(".")[2]

    @property
    def counted(self) -> bool:
        """Whether ``macs`` says what this layer costs; only convolutions and linear layers are counted."""
        return self.macs is not None

    @property
    def params(self) -> int:
        """Numbers that training changes."""
        return sum(t.elements for t in self.tensors.values() if t.trained)

    @property
    def buffers(self) -> int:
        """Numbers that the state dict holds beside the params."""
        return sum(t.elements for t in self.tensors.values() if not t.trained)


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """A module of modules: a block, a Sequential, a named path, or the whole network.

    ``inputs`` are the values that reach it from outside, the line above first; ``output`` is the value it hands on.
    """

    key: str
    type: str
    children: tuple[Node | Scope, ...]
    inputs: tuple[int, ...]
    output: int
    span: Span

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]

    def leaves(self) -> Iterator[Node]:
        """The nodes below this scope, in order of execution."""
        for child in self.children:
            if isinstance(child, Scope):
                yield from child.leaves()
            else:
                yield child

    @property
    def is_chain(self) -> bool:
        """Whether each child takes what the one before it gave, and nothing else."""
        if len(self.inputs) != 1:
            return False
        value = self.inputs[0]
        for child in self.children:
            if child.inputs != (value,):
                return False
            value = child.output if isinstance(child, Scope) else child.index
        return value == self.output


@dataclass(frozen=True, eq=False)
class Graph:
    """A network whose shapes and costs are known. In a notebook it shows as a table."""

    name: str
    input: Shape
    nodes: tuple[Node, ...]
    root: Scope = field(repr=False)

    @cached_property
    def output(self) -> Shape:
        """The shape of the last line's output; empty where a mistake leaves it unknown."""
        if self.root.output == NOWHERE:
            return Shape()
        return self.input if self.root.output == INPUT else self.nodes[self.root.output].shape

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers by their keys in the state dict; one that several nodes use is here once."""
        return {f"{node.key}.{name}": tensor for node in self.nodes for name, tensor in node.tensors.items()}

    @cached_property
    def params(self) -> int:
        """Numbers that training changes, each tensor counted once."""
        return sum(tensor.elements for tensor in self.tensors.values() if tensor.trained)

    @cached_property
    def buffers(self) -> int:
        """Numbers in buffers, each tensor counted once."""
        return sum(tensor.elements for tensor in self.tensors.values() if not tensor.trained)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers for one image, each run counted."""
        return sum(node.macs or 0 for node in self.nodes)

    @property
    def flops(self) -> int:
        """Twice the MACs: a multiplication and an addition each."""
        return 2 * self.macs

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {self.input} → {self.output}, {self.params:,} params, {self.macs:,} MACs>"

    def _repr_html_(self) -> str:
        from cnnspec.emit.table import html

        return html(self)
