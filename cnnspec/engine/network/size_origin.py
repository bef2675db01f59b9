"""Where a size comes from: labels at the lines that decide it, which are those whose change changes the answer.

Conv2d: {out_channels: 64}    no: the next line sets its own
Conv2d: {out_channels: 64}    ◄── the last that sets the channels, in its line or where its block is called
ReLU                          hands on what it gets
Add: …                        64 and 32
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import islice

from msgspec import Struct

from cnnspec.engine.diagnostics import Frame, Label, Span
from cnnspec.engine.layers import JOINS, Refusal, Shape
from cnnspec.engine.network.calls import BlockCall, WrittenCall, written
from cnnspec.engine.network.context import Flow
from cnnspec.engine.network.graph import INPUT, Node, maker
from cnnspec.engine.network.shape_inference import facts
from cnnspec.engine.plugins import PluginFault
from cnnspec.engine.spec import Spec
from cnnspec.engine.syntax import Map

# Which layer decides a size of a tensor: the last that sets it, whatever arrives, or that changes what arrives.

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
            node = self.nodes[maker(value)]
            source = carrier(node, dims)
            if not _kept(node.input_shapes[source], node.output(value).shape, dims) or self.sets(node, dims):
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
        for value in nodes[maker(at)].inputs if at >= 0 else ():
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
        shape = facts(node.layer, (other, *node.input_shapes[1:])).shape
    except (Refusal, PluginFault):  # a stated `in_channels` refuses the other, and the outputs are stated beside it
        return any(hasattr(node.layer, name) for name in CHANNEL_ARGUMENTS) and dims in ((0,), (len(x) - 1,))
    return _kept(shape, node.shape, dims)


MOST_LOOKED_AT = 2_000  # layers of two paths, the last ones
ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


class _Origin(Struct, frozen=True):
    """Where the path at a place of its join gets some of its sizes; ``still`` where no line of its own changes them."""

    path: int
    dims: Dims
    where: WrittenCall
    still: bool = False

    @property
    def span(self) -> Span:
        return self.where.span


def origin_labels(
    spec: Spec, nodes: Sequence[Node], flows: Sequence[Flow], refusal: Refusal, trace: Frame | None
) -> tuple[Label, ...]:
    """A label at each line that made the refused sizes of the tensors in ``flows`` what they are.

    ``trace`` is how the line that refuses them was reached: the calls that lead to it lead to all of them.
    """
    search, dims = _OriginSearch(spec, nodes, flows, trace), refusal.dims
    if len({len(flow.known()) for flow in flows}) > 1:
        return search.ranks()
    if not dims:
        return ()
    return search.single(dims, of_rank=refusal.code == "wrong-rank") if len(flows) == 1 else search.conflict(dims)


class _OriginSearch:
    def __init__(self, spec: Spec, nodes: Sequence[Node], flows: Sequence[Flow], trace: Frame | None) -> None:
        self.spec, self.nodes, self.flows = spec, nodes, list(flows)
        self.calls = {frame.call.item.span for frame in trace or () if isinstance(frame.call, BlockCall)}
        self.decider = Decider(nodes)

    # ------------------------------------------------------------------------------------------------ one tensor

    def single(self, dims: Dims, *, of_rank: bool) -> tuple[Label, ...]:
        """The line that decides; where that merges or splits sizes, those that decide what it gets as well."""
        node, value = self.decider.find(self.flows[0].value, dims)
        if node is None:
            sizes = "×".join(str(self.flows[0].known()[d]) for d in dims)
            span = self.input_span(value)
            return (Label(span, f"the {sizes} comes from here"),) if span else ()
        x, y = node.input_shapes[0], node.shape
        where = _line(node, dims)
        labels = [Label(where.span, _change(x, y, dims)), *_of_blocks([where])]
        return _united([*labels, *(self.merged(node) if len(x) > len(y) == 1 and not of_rank else ())])

    def merged(self, node: Node) -> list[Label]:
        """Behind a `Flatten`: the lines that decide the channels and the sizes of what it gets."""
        parts = ((0,), tuple(range(1, len(node.input_shapes[0]))))
        found = {dims: self.decider.find(node.inputs[0], dims)[0] for dims in parts}
        once = {id(one): (one, dims) for dims, one in reversed(found.items()) if one is not None}
        return [
            Label(_line(one, dims).span, _change(one.input_shapes[0], one.shape, dims)) for one, dims in once.values()
        ]

    # --------------------------------------------------------------------------------------------------- several

    def ranks(self) -> tuple[Label, ...]:
        """One label for the first path, and one for the first that has another number of sizes."""
        first = self.flows[0].known()
        other = next(i for i, flow in enumerate(self.flows) if len(flow.known()) != len(first))
        found = [self.labelled(path, str(self.flows[path].known())) for path in (0, other)]
        return tuple(label for label in found if label)

    def labelled(self, path: int, size: str) -> Label | None:
        """Where a path gets its rank: the last line that changes it."""
        node, value = self.decider.find(self.flows[path].value, ())
        span = _line(node, ()).span if node else self.input_span(value)
        return Label(span, f"{_path(path)} gets its {size} here") if span else None

    def conflict(self, dims: Dims) -> tuple[Label, ...]:
        """For each of the first two paths that disagree, where it gets its channels and where its sizes."""
        paths = _disagreeing([tuple(flow.known()[d] for d in dims) for flow in self.flows])
        if len(self.flows[0].known()) == 1:
            dims = self.unmerged(paths) or dims
        parts = [part for part in ((0,) if 0 in dims else (), tuple(d for d in dims if d)) if part]
        origins = [origin for part in parts for origin in self.pair(part, paths)]
        labels = [self.told([origin for origin in origins if origin.path == path]) for path in sorted(paths)]
        return _united(
            [*(label for some in labels for label in some), *_of_blocks(o.where for o in origins if not o.still)]
        )

    def unmerged(self, paths: tuple[int, int]) -> Dims:
        """Goes back through the `Flatten` of two paths; the dimensions in which what they flatten differs."""
        nodes = [self.decider.find(self.flows[path].value, (0,))[0] for path in paths]
        if any(node is None or not len(node.input_shapes[0]) > len(node.shape) == 1 for node in nodes):
            return ()
        maps = [node.input_shapes[0] for node in nodes if node is not None]
        if len(maps[0]) != len(maps[1]):
            return ()
        for path, node in zip(paths, nodes, strict=True):
            assert node is not None
            self.flows[path] = Flow(node.inputs[0], node.input_shapes[0])
        return tuple(d for d, (one, two) in enumerate(zip(*maps, strict=True)) if one != two)

    def pair(self, dims: Dims, paths: tuple[int, int]) -> list[_Origin]:
        """Where two paths get their sizes."""
        lines = self.lines(paths)
        found = [self.origin(path, other, dims, lines) for path, other in (paths, paths[::-1])]
        return [origin for origin in found if origin is not None]

    def lines(self, paths: tuple[int, int]) -> _Lines:
        """The lines that two paths come through; of very long ones, the last."""
        last = [self.flows[path].value for path in paths]
        return _Lines([self.nodes[maker(at)] for at in islice(upwards(self.nodes, last), MOST_LOOKED_AT) if at >= 0])

    def origin(self, path: int, other: int, dims: Dims, lines: _Lines) -> _Origin | None:
        """Where one path gets its sizes: of a line that ran more than once on the way, in the call that leads to it."""
        value, shared = self.flows[path].value, self.shared(other, dims)
        node, at = self.decider.find(value, dims, shared)
        if node is None and at < 0 and (at not in shared or value < 0):
            span = self.input_span(at)
            return _Origin(path, dims, WrittenCall((span,))) if span else None
        decides = node or self.last(value)
        where = _line(decides, dims).outside(lines.without(decides), self.calls)
        return _Origin(path, dims, where, still=node is None)

    def last(self, value: int) -> Node:
        """The last line with a stride, which could change the size; without one, the line that gives the value."""
        at = value
        while at >= 0 and not hasattr(self.nodes[maker(at)].layer, "stride"):
            at = self.nodes[maker(at)].inputs[0]
        return self.nodes[maker(at if at >= 0 else value)]

    def shared(self, other: int, dims: Dims) -> set[int]:
        """The values whose sizes another path has as well: where they change, it changes with them."""
        value = self.flows[other].value
        if dims == (0,):
            return set()
        node, _ = self.decider.find(value, dims)
        return set() if node is not None and self.decider.sets(node, dims) else set(upwards(self.nodes, [value]))

    def told(self, origins: Sequence[_Origin]) -> Iterable[Label]:
        """The labels of one path; one alone where its channels and its sizes come from the same place."""
        shape = self.flows[origins[0].path].known()
        if len(origins) > 1 and len({origin.span for origin in origins}) == 1:
            yield Label(origins[0].span, f"{_path(origins[0].path)} gets its {shape} here")
            return
        for origin in origins:
            size = str(shape[0]) if origin.dims == (0,) else "×".join(map(str, shape.sizes))
            verb = "still has" if origin.still else "gets its"
            yield Label(
                origin.span,
                f"{_path(origin.path)} {verb} {size}{' channels' * (len(origins) > 1 and origin.dims == (0,))} here",
            )

    def input_span(self, value: int) -> Span | None:
        if self.spec.input is None or self.spec.input_override is not None:
            return None
        return (
            self.spec.input.entries[INPUT - value].value if isinstance(self.spec.input, Map) else self.spec.input
        ).span


def _line(node: Node, dims: Dims) -> WrittenCall:
    """Where a layer's sizes are written: channels at their argument; others in the line, or where a call gives them."""
    found = written(node, arguments(dims))
    return found.at_line() if dims != (0,) and found.place == 0 else found


class _Lines:
    """The lines that lead to some layers: their own, and those of the calls of blocks."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.own = Counter(node.item.span for node in nodes)
        frames = {id(frame): frame for node in nodes for frame in node.trace or ()}
        self.calls = {key: frame.call.item.span for key, frame in frames.items() if isinstance(frame.call, BlockCall)}

    def without(self, node: Node) -> set[Span]:
        """Those that lead to other layers, but for the calls that led to this one as well."""
        shared = {id(frame) for frame in node.trace or ()}
        own = {span for span, times in self.own.items() if times > (span == node.item.span)}
        return own | {span for key, span in self.calls.items() if key not in shared}


def _of_blocks(places: Iterable[WrittenCall]) -> list[Label]:
    """The lines of blocks that hand on what their calls give."""
    lines = [where.through for where in places]
    return [Label(line[0], f"set by this line of block `{line[1]}`") for line in lines if line is not None]


def _disagreeing(sizes: Sequence[tuple[int, ...]]) -> tuple[int, int]:
    """The first two that differ; a 1, which most joins repeat to fit, is left aside where it can be."""
    wide = [i for i, size in enumerate(sizes) if set(size) != {1}]
    among = wide if len({sizes[i] for i in wide}) > 1 else range(len(sizes))
    return among[0], next(i for i in among if sizes[i] != sizes[among[0]])


def _path(place: int) -> str:
    return f"the {ORDER[place] if place < len(ORDER) else f'{place + 1}th'} path"


def _united(labels: Iterable[Label]) -> tuple[Label, ...]:
    """One label for each place, with all that is said there."""
    words: dict[Span, list[str]] = {}
    for label in labels:
        said = words.setdefault(label.span, [])
        said += [label.text] if label.text not in said else []
    return tuple(Label(span, "; ".join(said)) for span, said in words.items())


def _change(before: Shape, after: Shape, dims: Dims) -> str:
    if before == after:
        return f"gives {after}"
    if len(before) != len(after) or dims == (0,):
        return f"turns {before} into {after}"
    return f"{'shrinks' if all(after[d] <= before[d] for d in dims) else 'enlarges'} {before} to {after}"
