"""The Graph: what a spec is once everything in it is known.

Graph
├── inputs   the shapes that arrive, by name; a value below 0 is one of them: INPUT the first, INPUT - 1 the second
├── nodes    every layer that runs, in order of execution; a value from 0 up is what one of them gives: its index, and
│            for its second output index + OUTPUTS, for its third index + 2·OUTPUTS
├── root     Scope of scopes and nodes: the hierarchy of modules and of state-dict keys
├── outputs  the values that the network gives, by name, where it gives several; else root.output alone
└── aux      heads that run in training only; their nodes stand among the others
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Frame, Span, UsageError, did_you_mean
from cnnspec.engine.layers import Call, Layer, Output, Shape, Tensor
from cnnspec.engine.network.control_path import START, ControlPath
from cnnspec.engine.spec import Block, Item, Path
from cnnspec.engine.spec.model import Head
from cnnspec.engine.syntax import Map, Value

INPUT = -1  # the value that stands for the network's input, the first of several
NOWHERE = -(2**31)  # the output of a scope that a mistake leaves unknown
OUTPUTS = 2**20  # between the numbers of two outputs of one node; more than any network has nodes
OUTPUT = "output"  # the name of a value that has no other
LOGITS = "logits"  # what the network's own output is called beside those of aux heads


def maker(value: int) -> int:
    """The index of the node that gives a value; of an input of the network, the value itself."""
    return value % OUTPUTS if value >= 0 else value


class Signature(Struct, frozen=True):
    """The values that a network takes and gives, by name."""

    inputs: Mapping[str, Output]
    outputs: Mapping[str, Output]


class Node(Struct, frozen=True, eq=False):
    """One layer at one place of the network. Shapes are without the batch; macs are those of one image.

    ``shape`` and ``dtype`` are those of its only output, or of the first of ``several``.
    """

    index: int  # its place in Graph.nodes, and the number of the first value that it gives
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
    aux: bool = False  # a part of an aux head: it runs in training only
    reused: bool = False  # runs the module of a node before it once more: `share`
    control_path: ControlPath = START  # the loops and conditions that it stands in
    dtype: str = "float32"
    several: Mapping[str, Output] | None = None  # its outputs, where they are more than one

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition(".")[2]

    @property
    def outputs(self) -> Mapping[str, Output]:
        """The values that the layer gives, by torch's name for each."""
        return self.several or {OUTPUT: Output(self.shape, self.dtype)}

    @property
    def values(self) -> tuple[int, ...]:
        """The numbers of the values that it gives, in the order of ``outputs``."""
        return (
            (self.index,) if self.several is None else tuple(self.index + i * OUTPUTS for i in range(len(self.several)))
        )

    def output(self, value: int) -> Output:
        """One of its outputs, by the number of the value."""
        return tuple(self.outputs.values())[value // OUTPUTS]

    @property
    def counted(self) -> bool:
        """Whether ``macs`` says what this layer costs; only convolutions and linear layers are counted."""
        return self.macs is not None

    @property
    def named_tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers by their keys in the state dict; that of a bare layer is its own."""
        return {f"{self.key}.{name}" if name else self.key: tensor for name, tensor in self.tensors.items()}

    @property
    def params(self) -> int:
        """Numbers that training changes; none where they are another node's, whose module runs once more."""
        return 0 if self.reused else sum(t.elements for t in self.tensors.values() if t.trained)

    @property
    def buffers(self) -> int:
        """Numbers that the state dict holds beside the params; none where they are another node's."""
        return 0 if self.reused else sum(t.elements for t in self.tensors.values() if not t.trained)


class Opened(Struct, frozen=True, eq=False):
    """What opens a scope: the line (none: the network itself), the names in force in it, and the loops it stands in."""

    names: Mapping[str, Value]
    line: Item | Path | Head | None = None
    block: Block | None = None
    control_path: ControlPath = START


class Scope(Struct, frozen=True, eq=False):
    """A module of modules: a block, a Sequential, a named path, or the whole network.

    ``inputs`` are the values that reach it: those that its block names, in that order; else all that it uses, the line
    above first. ``outputs`` are the values that it gives, by name.
    """

    key: str
    type: str
    children: tuple[Node | Scope, ...]
    inputs: tuple[int, ...]
    outputs: Mapping[str, int]
    span: Span
    opened: Opened

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]

    @property
    def output(self) -> int:
        """The value that it gives, the first of several."""
        return next(iter(self.outputs.values()))

    @property
    def values(self) -> tuple[int, ...]:
        """The values that it gives, in the order of ``outputs``."""
        return tuple(self.outputs.values())

    def leaves(self) -> Iterator[Node]:
        """The nodes below this scope, in order of execution."""
        for child in self.children:
            if isinstance(child, Scope):
                yield from child.leaves()
            else:
                yield child

    def scopes(self) -> Iterator[Scope]:
        """The scopes below this one, outer ones first."""
        for child in self.children:
            if isinstance(child, Scope):
                yield child
                yield from child.scopes()

    @property
    def is_chain(self) -> bool:
        """Whether each child is a module that runs once, and takes what the one before it gave and nothing else."""
        if len(self.inputs) != 1 or len({child.name for child in self.children}) < len(self.children):
            return False
        values: tuple[int, ...] = self.inputs
        for child in self.children:
            if child.inputs != values or (isinstance(child, Node) and child.layer.is_parameter):
                return False
            values = child.values
        return len(values) == 1 and values == self.values


class Aux(Struct, frozen=True, eq=False):
    """A head that runs in training only: training adds its loss, weighted, to that of the network's own output.

    ``value`` is what it gives, ``output`` what that is called among the outputs, ``name`` its key in the module tree.
    """

    name: str
    output: str
    weight: float
    value: int
    span: Span


class Init(Struct, frozen=True):
    """What fills one parameter before training: the layer's key, the parameter's name, and the call but for it."""

    key: str
    tensor: str
    call: Call
    said: Map | None = None  # the arguments as the spec says them

    @property
    def parameter(self) -> str:
        """The parameter's key in the state dict."""
        return f"{self.key}.{self.tensor}" if self.tensor else self.key


class Graph(Struct, frozen=True, eq=False, dict=True):
    """A network whose shapes and costs are known. ``cnnspec.Graph`` adds what it is drawn, printed and built with."""

    name: str
    inputs: Mapping[str, Shape]
    nodes: tuple[Node, ...]
    root: Scope
    outputs: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    aux: tuple[Aux, ...] = ()
    init: tuple[Init, ...] = ()  # in the order in which it is done
    heading: str = ""
    dtypes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # of inputs that are not float32

    @property
    def title(self) -> str:
        """What stands above tables and drawings: the spec's own `name`, where it has one and does not ship."""
        return self.heading or self.name

    @property
    def input(self) -> Shape:
        """The shape that arrives, of several the first; empty where a mistake leaves it unknown."""
        return next(iter(self.inputs.values()), Shape())

    def shape(self, value: int) -> Shape:
        """The shape of a value; empty where a mistake leaves it unknown."""
        return self.value(value).shape

    def value(self, value: int) -> Output:
        """The sizes and the dtype of a value; no sizes where a mistake leaves it unknown."""
        if value >= 0:
            return self.nodes[maker(value)].output(value)
        if value == NOWHERE:
            return Output(Shape())
        name, shape = tuple(self.inputs.items())[INPUT - value]
        return Output(shape, self.dtypes.get(name, "float32"))

    @cached_property
    def output(self) -> Shape:
        """The shape of the last line's output; empty where a mistake leaves it unknown."""
        return self.shape(self.root.output)

    @cached_property
    def output_values(self) -> tuple[int, ...]:
        """The values that the network gives in evaluation."""
        return tuple(self.outputs.values()) or (self.root.output,)

    @property
    def input_text(self) -> str:
        """The shapes that arrive, in words: ``3×224×224``, or ``image 3×64×64, mask 1×64×64``."""
        return shapes_text(self.inputs) if len(self.inputs) > 1 else str(self.input)

    @property
    def output_text(self) -> str:
        """The shapes that the network gives in evaluation, in words: ``1000``, or ``mask 2×64×64, logits 10``."""
        named = {name: self.shape(value) for name, value in self.outputs.items()}
        return shapes_text(named) if named else str(self.output)

    @cached_property
    def live_values(self) -> frozenset[int]:
        """The values that somebody outside the network takes, those of aux heads in training included."""
        return frozenset((*self.output_values, *(head.value for head in self.aux))) - {NOWHERE}

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers by their keys in the state dict; one that several nodes use is here once."""
        return {key: tensor for node in self.nodes for key, tensor in node.named_tensors.items()}

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
        """Multiply-accumulates of convolutions and linear layers for one image, each run counted.

        They are those of evaluation, in which aux heads do not run.
        """
        return sum(node.macs or 0 for node in self.nodes if not node.aux)

    @cached_property
    def aux_params(self) -> int:
        """How many of the params are those of aux heads."""
        return sum(node.params for node in self.nodes if node.aux)

    @property
    def flops(self) -> int:
        """Twice the MACs: a multiplication and an addition each."""
        return 2 * self.macs

    def __getitem__(self, key: str) -> Node | Scope:
        """Return the layer or block of a key such as ``layer1.0.conv1``; of a shared module its first run.

        Raises UsageError for a key that the network does not have.
        """
        if key not in self._by_key:
            raise UsageError(f"{self.name} has no layer `{key}`", did_you_mean(key, self._by_key))
        return self._by_key[key]

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[Node]:
        """Iterate over the nodes in order of execution."""
        return iter(self.nodes)

    @cached_property
    def _by_key(self) -> dict[str, Node | Scope]:
        parts: list[Node | Scope] = [*self.root.scopes(), *self.nodes]
        return {part.key: part for part in reversed(parts)}

    @cached_property
    def takers(self) -> dict[int, tuple[Node, ...]]:
        """The nodes that take each value, in order of execution; a value that none takes is not there."""
        taken: dict[int, list[Node]] = {}
        for node in self.nodes:
            for value in dict.fromkeys(node.inputs):
                taken.setdefault(value, []).append(node)
        return {value: tuple(nodes) for value, nodes in taken.items()}

    def producers(self, node: Node | str) -> tuple[Node, ...]:
        """Return the nodes whose values a node takes, in the order of its inputs; the network's inputs have none."""
        return tuple(self.nodes[maker(value)] for value in self._node(node).inputs if value >= 0)

    def consumers(self, node: Node | str | int) -> tuple[Node, ...]:
        """Return the nodes that take a node's values, in order of execution; a number names a value, such as INPUT."""
        if isinstance(node, int):
            return self.takers.get(node, ())
        values = self._node(node).values
        if len(values) == 1:
            return self.takers.get(values[0], ())
        found = {taker.index: taker for value in values for taker in self.takers.get(value, ())}
        return tuple(found[index] for index in sorted(found))

    def ancestors(self, node: Node | str) -> tuple[Node, ...]:
        """Return every node that a node's value is computed from, in order of execution."""
        found: set[int] = set()
        waiting = list(self._node(node).inputs)
        while waiting:
            index = maker(waiting.pop())
            if index >= 0 and index not in found:
                found.add(index)
                waiting.extend(self.nodes[index].inputs)
        return tuple(self.nodes[index] for index in sorted(found))

    def _node(self, node: Node | str) -> Node:
        """Return the node of a key. Raises UsageError for a key of a block: its layers are nodes."""
        found = self[node] if isinstance(node, str) else node
        if isinstance(found, Scope):
            raise UsageError(f"`{found.key}` is a block of {self.name}", "name one of its layers")
        return found

    def signature(self) -> Signature:
        """Return the values that the network takes and gives in evaluation, by name."""
        names = tuple(self.outputs) or (LOGITS,)
        outputs = {name: self.value(value) for name, value in zip(names, self.output_values, strict=True)}
        inputs = {name: self.value(INPUT - place) for place, name in enumerate(self.inputs)}
        return Signature(inputs, outputs)

    @cached_property
    def fingerprint(self) -> str:
        """The same for networks of equal inputs, layers, keys, connections and initial weights; titles may differ."""
        nodes: list[object] = [
            (n.key, n.type, repr(n.layer), n.inputs, str(n.shape), n.reused, n.aux) for n in self.nodes
        ]
        heads = [(head.name, head.weight, head.value) for head in self.aux]
        nodes += [(n.key, list(n.several.items())) for n in self.nodes if n.several is not None]
        inputs = [*((name, str(shape)) for name, shape in self.inputs.items()), *self.dtypes.items()]
        fills = [(fill.key, fill.tensor, str(fill.call)) for fill in self.init]
        return fingerprint((inputs, nodes, self.root.output, list(self.outputs.items()), heads, fills))

    def __eq__(self, other: object) -> bool:
        """Whether two networks compute the same under the same state-dict keys."""
        return self.fingerprint == other.fingerprint if isinstance(other, Graph) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        costs = f"{self.params:,} params, {self.macs:,} MACs"
        return f"<Graph {self.name}: {self.input_text} → {self.output_text}, {costs}>"


def shapes_text(shapes: Mapping[str, Shape]) -> str:
    """Shapes with their names: ``image 3×64×64, mask 1×64×64``."""
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())


def fingerprint(value: object) -> str:
    """Return the SHA-256 of what a value prints as: the same in every process."""
    return sha256(repr(value).encode()).hexdigest()
