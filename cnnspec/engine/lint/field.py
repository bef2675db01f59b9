"""Receptive fields against the input: features that see too little of it, or far more than there is."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnspec.engine.diagnostics import Label
from cnnspec.engine.layers.base import cross
from cnnspec.engine.lint.view import Finding, View, passes, place, warn
from cnnspec.engine.network import Node
from cnnspec.engine.network.graph import maker
from cnnspec.engine.network.receptive_field import Extent, fields

TIMES = 20  # DenseNet-201's field is 17 times its 224 rows, ConvNeXt's 15


def receptive_field(view: View) -> Iterator[Finding]:
    """The field of what a network pools, flattens or gives out, against the size of its input."""
    last, pool = _features(view)
    if last is None or len(view.graph.input) < 2 or len(last.shape) != len(view.graph.input):
        return
    reaches = fields(view.graph)
    extents = [extent for extent in reaches[last.index].extents if extent is not None]
    sizes = view.graph.input.sizes
    if len(extents) < len(sizes):
        return
    if pool is not None and any(extent.size < size for extent, size in zip(extents, sizes, strict=True)):
        yield _small(pool, last, extents, sizes)
    elif any(extent.size > TIMES * size for extent, size in zip(extents, sizes, strict=True)):
        first = next(n for n in view.graph.nodes if _exceeds(reaches[n.index].extents, sizes))
        yield _large(first, last, extents, sizes)


def _features(view: View) -> tuple[Node | None, Node | None]:
    """The last map of the chain that leads to the output, and the pool that takes its mean, where one does."""
    value = view.graph.root.output
    pool = None
    while value >= 0:
        node = view.graph.nodes[maker(value)]
        if len(node.shape) == len(view.graph.input) and prod(node.shape.sizes) > 1:
            return node, pool
        if len(node.inputs) > 1 or (len(node.shape) == len(view.graph.input) and not (passes(node) or _pools(node))):
            return node, pool
        pool = node if _pools(node) else pool
        value = node.inputs[0]
    return None, None


def _pools(node: Node) -> bool:
    return node.layer.role == "pool"


def _exceeds(extents: tuple[Extent | None, ...], sizes: tuple[int, ...]) -> bool:
    return any(extent is not None and extent.size > TIMES * size for extent, size in zip(extents, sizes, strict=True))


def _small(pool: Node, last: Node, extents: list[Extent], sizes: tuple[int, ...]) -> Finding:
    seen = cross(tuple(extent.size for extent in extents))
    return warn(
        "small-receptive-field",
        pool,
        f"each value in this pool sees only {seen} of the {cross(sizes)} input",
        f"pools {last.shape}",
        labels=(Label(place(last), f"its receptive field is {seen}"),),
        help="add layers, strides or dilation before the pool to enlarge the receptive field",
    )


def _large(node: Node, last: Node, extents: list[Extent], sizes: tuple[int, ...]) -> Finding:
    worst = max(range(len(sizes)), key=lambda axis: extents[axis].size / sizes[axis])
    times = extents[worst].size // sizes[worst]
    many = f"{times:,}" if times < 10**6 else "millions of"
    return warn(
        "large-receptive-field",
        node,
        f"the receptive field grows to {many} times the {cross(sizes)} input",
        f"from here on it is more than {TIMES} times the input",
        note=f"its receptive field is {extents[worst].size:,} on an input of {sizes[worst]}: the rest is padding"
        if times < 10**6
        else "the last map is computed almost entirely from padding",
        help="use fewer layers or strides for an input of this size",
        weight=times,
    )
