"""Which layer decides a size of a tensor: the last that sets it, whatever arrives, or that changes what arrives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush

from cnnspec.layers import JOINS, Refusal, Shape
from cnnspec.network.calls import written
from cnnspec.network.foreign import facts
from cnnspec.network.graph import Node
from cnnspec.plugins import PluginFault

CHANNEL_ARGUMENTS = ("out_channels", "out_features")
SIZE_ARGUMENTS = ("size", "scale_factor", "output_size", "upscale_factor", "downscale_factor", "stride", "kernel_size")
MOST_ASKED = 300  # layers that are asked what they make of another size
Dims = tuple[int, ...]


class Decider:
    """Looks up tensors of one network; what a layer says is kept, as equal layers are one object."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.asked: dict[tuple[int, Shape, Dims], bool] = {}

    def find(self, value: int, dims: Dims, shared: Collection[int] = ()) -> tuple[Node | None, int]:
        """The layer that decides the sizes ``dims`` of a value, and the value that it gives.

        None where no layer does above the values in ``shared``, or above an input of the network: the value is then
        that one.
        """
        while value >= 0 and value not in shared:
            node = self.nodes[value]
            source = carrier(node, dims)
            if not _kept(node.input_shapes[source], node.shape, dims) or self.sets(node, dims):
                return node, value
            value = node.inputs[source]
        return None, value

    def sets(self, node: Node, dims: Dims) -> bool:
        """Whether a layer gives these sizes whatever arrives, of its own accord and not by an expression of it."""
        if not dims or node.type in JOINS:
            return False
        key = (id(node.layer), node.input_shapes[0], dims)
        if key not in self.asked:
            self.asked[key] = len(self.asked) < MOST_ASKED and _is_fixed(node, dims)
        return self.asked[key] and not written(node, arguments(dims)).follows_input


def arguments(dims: Dims) -> tuple[str, ...]:
    """The arguments that say sizes along these dimensions."""
    return CHANNEL_ARGUMENTS if dims == (0,) else SIZE_ARGUMENTS


def carrier(node: Node, dims: Dims) -> int:
    """Which input a layer takes these sizes from: of a sum, the first that is not repeated to fit."""
    for number, shape in enumerate(node.input_shapes if node.type in JOINS else ()):
        if _kept(shape, node.shape, dims):
            return number
    return 0


def upwards(nodes: Sequence[Node], values: Iterable[int]) -> Iterator[int]:
    """Some values and all that they come from, inputs of the network among them, the last of them first."""
    left = [-value for value in dict.fromkeys(values)]
    heapify(left)
    known = set(left)
    while left:
        at = -heappop(left)
        yield at
        for value in nodes[at].inputs if at >= 0 else ():
            if -value not in known:
                known.add(-value)
                heappush(left, -value)


def _kept(before: Shape, after: Shape, dims: Dims) -> bool:
    return len(before) == len(after) and all(before[d] == after[d] for d in dims)


def _is_fixed(node: Node, dims: Dims) -> bool:
    """Whether another size would come out the same: the layer is asked."""
    x = node.input_shapes[0].plain()
    other = Shape(size * 2 if dim in dims else size for dim, size in enumerate(x))
    try:
        shape, _, _ = facts(node.layer, (other,))
    except (Refusal, PluginFault):  # a stated `in_channels` refuses the other, and the outputs are stated beside it
        return any(hasattr(node.layer, name) for name in CHANNEL_ARGUMENTS) and dims in ((0,), (len(x) - 1,))
    return _kept(shape, node.shape, dims)
