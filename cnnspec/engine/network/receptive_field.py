"""Graph -> receptive fields: which places of the network's input a value is made of, exactly and without running it.

    Reach       of a node: one Extent for every dimension of the network's input behind the channels
    └── Extent  size, stride and start along that dimension

A field follows from the inputs of the node and what its layer reads (cnnspec/engine/layers/dependency.py). Padding of
any mode counts as places outside of the input, so a start may be negative and a size may exceed the input, as in the
literature (https://distill.pub/2019/computing-receptive-fields); what stands at the edge depends on less. Statistics of
a normalisation are not counted as places; ``Reach.whole`` tells of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import chain
from math import gcd, lcm
from typing import overload

from msgspec import Struct

from cnnspec.engine.layers import Layer, Shape
from cnnspec.engine.layers.base import EACH
from cnnspec.engine.layers.dependency import All, Reading
from cnnspec.engine.network.graph import INPUT, Graph, Node

MOST = 1_000_000  # look-ups for one dimension of one node; past them its field is not told

Span = tuple[int, int]  # the first and the last place


class Fields(Struct, frozen=True):
    """The field of each place along one dimension; a place that nothing reaches has none.

    ``spans`` are those of the first places; behind them they come again, ``shift`` further on. None: they are all.
    """

    spans: tuple[Span | None, ...]
    shift: int | None

    def at(self, place: int) -> Span | None:
        if self.shift is None:
            return self.spans[place] if 0 <= place < len(self.spans) else None
        times, at = divmod(place, len(self.spans))
        span = self.spans[at]
        return span and (span[0] + times * self.shift, span[1] + times * self.shift)

    def through(self, reading: Reading, places: int) -> Fields | None:
        """The fields of a layer's ``places`` along this dimension; None where they would take too long."""
        if self.shift is not None and reading.period is not None and len(self.spans) == reading.period[0] == 1:
            return self.alike(reading.reads(0), self.shift, reading.period[1])
        if self.shift is None or reading.period is None:
            return self.each(reading, range(places), None)
        outputs, inputs = reading.period
        times = len(self.spans) // gcd(len(self.spans), inputs)
        return self.each(reading, range(outputs * times), self.shift * inputs * times // len(self.spans))

    def alike(self, read: range, shift: int, inputs: int) -> Fields:
        """The same as ``each`` where one field and one read tell of all: the case of all but a few layers."""
        span = self.spans[0]
        made = (span[0] + read[0] * shift, span[1] + read[-1] * shift) if span is not None and read else None
        return Fields((made,), shift * inputs)

    def each(self, reading: Reading, places: range, shift: int | None) -> Fields | None:
        taps = len(self.needed(reading.reads(0)))
        if len(places) * max(taps, 1) > MOST:
            return None
        spans = tuple(hull(map(self.at, self.needed(reading.reads(place)))) for place in places)
        return listed(spans) if shift is None else Fields(spans, shift)

    def needed(self, read: range) -> range | Sequence[int]:
        """Those of some places that can be first or last: fields repeat, so the outer ones of a long row bound it."""
        if self.shift is None:
            return read[_index(read, 0) : _index(read, len(self.spans))]
        turn = len(self.spans) // gcd(len(self.spans), read.step)
        return read if len(read) <= 2 * turn else (*read[:turn], *read[-turn:])


def listed(spans: tuple[Span | None, ...]) -> Fields:
    """The fields of so many places, which follow no period; equal ones are one that all places share."""
    return Fields(spans[:1], 0) if len(set(spans)) == 1 else Fields(spans, None)


def _index(read: range, place: int) -> int:
    """How many of some rising places come before ``place``."""
    return min(max(-(-(place - read.start) // read.step), 0), len(read))


def hull(spans: Sequence[Span | None] | map[Span | None]) -> Span | None:
    """From the first place of any to the last."""
    there = [span for span in spans if span is not None]
    return (min(first for first, _ in there), max(last for _, last in there)) if there else None


@dataclass(frozen=True, slots=True)
class Extent:
    """The field along one dimension of the input, in its places.

    ``size``: from the first place to the last, of the widest field where places of the output differ. ``stride``: how
    far the field moves from one place to the next: a fraction behind an upsampling, on the average of its places; 0
    where all of them share one field; None where they follow no period, behind paths of unequal strides. ``start``: the
    first place of the first field.
    """

    size: int
    stride: Fraction | None
    start: int
    whole: bool  # whether every field covers the whole dimension
    fields: Fields = field(repr=False, compare=False)

    def at(self, place: int) -> Span | None:
        """The first and the last place of the field of one place of the output; None where nothing reaches it."""
        return self.fields.at(place)


class ReceptiveField(Struct, frozen=True):
    """The receptive field of a node. An extent is None where the network is too large for it to be told."""

    extents: tuple[Extent | None, ...]
    whole: bool  # whether each value depends on every place, be it through the statistics of a normalisation


class _Along(Struct, frozen=True):
    """Fields that move along dimension ``dim`` of a value, its channels being 0."""

    dim: int
    fields: Fields

    @property
    def is_shared(self) -> bool:
        """Whether one field is that of all places, along any dimension."""
        return self.fields.shift == 0 and len(self.fields.spans) == 1

    def over_channels(self, channels: int) -> Fields | None:
        """The field of a place, which is all of its channels'."""
        return self.fields if self.dim or self.is_shared else self.fields.through(All(channels), 1)


Value = tuple[_Along | None, ...]  # for every dimension of the network's input behind the channels


class ReceptiveFields(Sequence[ReceptiveField]):
    """The receptive field of each node, by its index; told when it is asked for."""

    def __init__(self, graph: Graph, values: Mapping[int, Value]) -> None:
        self.graph, self.values = graph, values

    def __len__(self) -> int:
        return len(self.graph.nodes)

    @cached_property
    def averaged(self) -> dict[int, bool]:
        """Whether statistics that are taken over places come into each value."""
        found = dict.fromkeys((value for value in self.values if value <= INPUT), False)
        for node in self.graph.nodes:
            averaged = any(found[value] for value in node.inputs) or node.layer.averages(node.input_shapes[0])
            found.update(dict.fromkeys(node.values, averaged))
        return found

    @overload
    def __getitem__(self, index: int) -> ReceptiveField: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ReceptiveField, ...]: ...
    def __getitem__(self, index: int | slice) -> ReceptiveField | tuple[ReceptiveField, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        index = range(len(self))[index]
        sizes, shape = self.graph.input.sizes, self.graph.nodes[index].shape
        extents = tuple(_extent(a, shape, size) for a, size in zip(self.values[index], sizes, strict=True))
        covered = all(extent is not None and extent.whole for extent in extents)
        return ReceptiveField(extents, covered or self.averaged[index])


def fields(graph: Graph) -> ReceptiveFields:
    """The receptive field of each node, by its index: of the whole position, so over all of its channels."""
    values: dict[int, Value] = {INPUT - place: _whole(graph, x) for place, x in enumerate(graph.inputs.values())}
    ways: Ways = {}
    for node in graph.nodes:
        if node.several is None:
            values[node.index] = _value(node, 0, node.shape, values, ways)
            continue
        for place, given in enumerate(node.outputs.values()):
            values[node.values[place]] = _value(node, place, given.shape, values, ways)
    return ReceptiveFields(graph, values)


def _whole(graph: Graph, x: Shape) -> Value:
    """An input as its own field. Fields are told in places of the first input; one of other sizes has none there."""
    own = Fields(((0, 0),), 1)
    return tuple(_Along(dim, own) if x.sizes == graph.input.sizes else None for dim in range(1, len(graph.input)))


Way = tuple[tuple[Reading, int], ...]  # for each dimension of an input: what is read, and where it walks
Ways = dict[tuple[int, int, Shape, Shape], Way | None]  # of layers, asked for once; None: fields pass as they are


def _value(node: Node, place: int, y: Shape, values: dict[int, Value], ways: Ways) -> Value:
    """The fields of one output, of the shape ``y``."""
    if len(node.inputs) == 1:
        return _through(node, place, node.input_shapes[0], y, values[node.inputs[0]], ways)
    paths = [
        _through(node, place, x, y, values[value], ways)
        for number, (value, x) in enumerate(zip(node.inputs, node.input_shapes, strict=True))
        if node.layer.reads_input(number)
    ]
    return tuple(_joined(alongs, y) for alongs in zip(*paths, strict=True))


def _through(node: Node, place: int, x: Shape, y: Shape, value: Value, ways: Ways) -> Value:
    """What a layer makes of the fields of one of its inputs, in the output at a place."""
    key = (id(node.layer), place, x, y)
    if key not in ways:
        way = _way(node.layer.of_output(x, place) if node.several else node.layer, x, y)
        ways[key] = None if _passes(way) else way
    found = ways[key]
    return value if found is None else tuple([_moved(found, y, along) for along in value])


def _passes(way: Way) -> bool:
    """Whether each place is made of its own alone: the way of an activation."""
    return all(reading is EACH and walks == dim for dim, (reading, walks) in enumerate(way))


def _moved(way: Way, y: Shape, along: _Along | None) -> _Along | None:
    if along is None or (along.dim == 0 and along.is_shared):
        return along
    reading, dim = way[along.dim]
    if reading is EACH:
        return along if dim == along.dim else _Along(dim, along.fields)
    made = along.fields.through(reading, 1 if isinstance(reading, All) else y[dim])
    return None if made is None else _Along(dim, made)


def _way(layer: Layer, x: Shape, y: Shape) -> Way:
    return (layer.channel_dependency(x, y), *zip(layer.dependency(x, y), layer.axis_map(x, y), strict=True))


def _joined(alongs: tuple[_Along | None, ...], shape: Shape) -> _Along | None:
    """The hulls of the paths' fields. Those that all places share hold along whichever dimension others move."""
    there = [along for along in alongs if along is not None]
    if len(there) < len(alongs):
        return None
    moving = {along.dim for along in there if along.dim or not along.is_shared}
    if len(moving) > 1:
        return None
    dim = max(moving, default=0)
    made = _hulls([along.fields for along in there], shape[dim])
    return None if made is None else _Along(dim, made)


def _hulls(paths: list[Fields], places: int) -> Fields | None:
    first = paths[0]
    if all(path == first for path in paths):
        return first
    if all(path.shift is not None and path.shift == first.shift and len(path.spans) == 1 for path in paths):
        return Fields((hull([path.spans[0] for path in paths]),), first.shift)  # as below, of one place
    slopes = {None if path.shift is None else Fraction(path.shift, len(path.spans)) for path in paths}
    even = len(slopes) == 1 and None not in slopes
    length = lcm(*(len(path.spans) for path in paths)) if even else places
    if length * len(paths) > MOST:
        return None
    spans = tuple(hull([path.at(place) for path in paths]) for place in range(length))
    return Fields(spans, (first.shift or 0) * length // len(first.spans)) if even else listed(spans)


def _extent(along: _Along | None, shape: Shape, size: int) -> Extent | None:
    made = None if along is None else along.over_channels(shape[0])
    if along is None or made is None:
        return None
    places = shape[along.dim] if along.dim else 1
    there = [span for span in made.spans if span is not None] or [(0, -1)]
    stride = None if made.shift is None else Fraction(made.shift, len(made.spans))
    ends = chain(range(min(places, len(made.spans))), range(max(places - len(made.spans), 0), places))
    return Extent(
        size=max(last - first + 1 for first, last in there),
        stride=stride,
        start=there[0][0],
        whole=all((span := made.at(place)) is not None and span[0] <= 0 and span[1] >= size - 1 for place in ends),
        fields=made,
    )
