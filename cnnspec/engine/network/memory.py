"""Graph -> memory: what inference holds at once, what training keeps for the gradient, what the weights take.

    Memory   inference = weights + buffers + peak · batch
             training  = weights · 4 + buffers + kept · batch + shared     gradients and Adam's two moments included

Counted are the tensors between layers and those that autograd saves, as PyTorch has them on the CPU. Not counted is
what a layer uses while it runs (a convolution's workspace, the indices that a max pool drops in inference), what the
allocator rounds up, and the gradients of activations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate

from msgspec import Struct

from cnnspec.engine.layers import Output, Tensor
from cnnspec.engine.layers.base import ExtraSaved
from cnnspec.engine.network.graph import INPUT, NOWHERE, Graph, Node, Scope, maker

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}
WHOLE = {"int64": 8, "bool": 1}  # bytes of numbers that are not fractions
INDEX = WHOLE["int64"]
ADAM = 4  # weights, their gradients, and Adam's first and second moments


class Memory(Struct, frozen=True):
    """All in bytes. ``peak``, ``kept`` and ``outputs`` are for one image and grow with the batch."""

    dtype: str
    weights: int
    buffers: int
    peak: int  # inference: the tensors that are held at once, at the worst layer
    peak_at: int  # the index of that layer, below 0 in a network without layers
    kept: int  # training: what is kept between the forward and the backward pass
    shared: int  # the same, whatever the batch: statistics of batch normalisation
    outputs: tuple[int, ...]  # of each node's output
    kept_at: tuple[int, ...]  # of ``kept``, what is kept for each node and for none before it

    def inference(self, batch: int = 1) -> int:
        """What a forward pass without gradients takes."""
        return self.weights + self.buffers + self.peak * batch

    def training(self, batch: int = 1) -> int:
        """What a step with Adam takes: parameters, their gradients, its two moments, and what is kept for them."""
        return self.weights * ADAM + self.buffers + self.kept * batch + self.shared


def memory(graph: Graph, dtype: str = "float32") -> Memory:
    """The memory of a network whose numbers are of one type. Raises KeyError for a type that is not in BYTES."""
    size = BYTES[dtype]
    peak, peak_at = _peak(graph, size)
    kept_at = tuple(_kept(graph, size))
    used = _trained(graph)
    return Memory(
        dtype=dtype,
        weights=sum(tensor_bytes(tensor, size) for tensor in graph.tensors.values() if tensor.trained),
        buffers=sum(tensor_bytes(tensor, size) for tensor in graph.tensors.values() if not tensor.trained),
        peak=peak,
        peak_at=peak_at,
        kept=sum(kept_at),
        shared=sum(_copies(node).shared for node in graph.nodes if node.index in used) * size,
        outputs=tuple(sum(_bytes(one, size) for one in node.outputs.values()) for node in graph.nodes),
        kept_at=kept_at,
    )


def tensor_bytes(tensor: Tensor, size: int) -> int:
    """Bytes of a parameter or buffer whose numbers take ``size`` each."""
    return tensor.elements * (INDEX if tensor.counts else size)


def _storages(graph: Graph, training: bool) -> dict[int, int]:
    """Whose tensor each value lies in: its input's where the layer works in place or passes a view, else its own."""
    owners = {value: value for value in _arriving(graph)}
    for node in graph.nodes:
        layer = node.layer
        views = layer.views(node.input_shapes[0], training)
        for place, value in enumerate(node.values):
            shares = layer.overwrites(training) or (place < len(views) and views[place] is not None)
            owners[value] = owners[node.inputs[0]] if shares else value
    return owners


def _arriving(graph: Graph) -> range:
    """The values of the network's inputs, the last one first."""
    return range(INPUT + 1 - len(graph.inputs), INPUT + 1)


def _bytes(value: Output, size: int) -> int:
    """Bytes of a value for one image, where fractions take ``size`` each."""
    return value.shape.elements * WHOLE.get(value.dtype, size)


def _peak(graph: Graph, size: int) -> tuple[int, int]:
    """The most bytes that are held at once, and by which node.

    While a node runs its inputs and its output are held, with all that is read later. Whoever calls the network or a
    block holds what it has given until that is done, as Python does.
    """
    owners = _storages(graph, training=False)
    first = _arriving(graph).start
    changes = dict.fromkeys(range(first, len(graph.nodes) + 1), 0)
    for owner, end in _ends(graph, owners).items():
        taken = _bytes(graph.value(owner), size)
        changes[maker(owner)] += taken
        changes[min(end, len(graph.nodes) - 1) + 1] -= taken
    held = list(accumulate(changes[index] for index in range(first, len(graph.nodes))))
    return max(held), held.index(max(held)) + first


def _ends(graph: Graph, owners: Mapping[int, int]) -> dict[int, int]:
    """The last node during which each tensor of evaluation is held."""
    ends = {owner: maker(owner) for owner in owners.values() if owner < 0 or not graph.nodes[maker(owner)].aux}
    for value, reader in _reads(graph):
        ends[owners[value]] = max(ends[owners[value]], reader)
    return ends


def _reads(graph: Graph) -> Iterator[tuple[int, int]]:
    """Values with a node until which each is held; the network's inputs and outputs are to the end."""
    yield from ((value, len(graph.nodes)) for value in graph.output_values if value != NOWHERE)
    yield from ((value, len(graph.nodes)) for value in _arriving(graph))
    for node in graph.nodes:
        if not node.aux:
            yield from ((value, node.index) for value in node.inputs)
    yield from _held_by_scopes(graph.root)


def _held_by_scopes(scope: Scope) -> Iterator[tuple[int, int]]:
    for child in scope.children:
        if isinstance(child, Scope) and not next(child.leaves()).aux:
            last = max(node.index for node in child.leaves())
            yield from ((value, last) for value in child.inputs)
            yield from _held_by_scopes(child)


def _kept(graph: Graph, size: int) -> Iterator[int]:
    """For each node the bytes that its gradient needs and that no node before it keeps already."""
    owners, trained = _storages(graph, training=True), _trained(graph)
    there: set[int] = set()
    for node in graph.nodes:
        if node.index not in trained:
            yield 0
            continue
        new = {owners[value] for value in _kept_values(node, trained)} - there
        there |= new
        copies = _copies(node)
        kept = sum(_bytes(graph.value(value), size) for value in new)
        yield kept + copies.numbers * size + copies.indices * INDEX


def _kept_values(node: Node, trained: set[int]) -> Iterator[int]:
    kept = node.layer.saved_tensors(node.input_shapes[0])
    if "output" in kept:
        yield from node.values
    if "input" in kept:
        for place, value in enumerate(node.inputs):
            if not node.layer.reads_input(place):
                continue
            others = node.inputs[:place] + node.inputs[place + 1 :]
            if not others or trained.intersection(others):  # a factor is kept for the gradient of the other
                yield value


def _copies(node: Node) -> ExtraSaved:
    return node.layer.extra_saved(node.input_shapes, node.shape)


def _trained(graph: Graph) -> set[int]:
    """The nodes that a gradient passes: on the way from a parameter to an output."""
    found: set[int] = set()
    for node in graph.nodes:
        if any(tensor.trained for tensor in node.tensors.values()) or found.intersection(node.inputs):
            found.update(node.values)
    if graph.root.output == NOWHERE:
        return found
    needed = set(graph.live_values)
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(node.values):
            needed.update((node.index, *node.inputs))
    return found & needed
