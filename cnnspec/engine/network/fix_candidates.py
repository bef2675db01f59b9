"""Repairs beyond the refused line's own arguments: another layer, a line before it, the input, a padding further up.

Each is a candidate: the checker makes the edit and offers it only where it mends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cnnspec.engine.diagnostics import Edit, Repair, listing
from cnnspec.engine.layers import REGISTRY, Layer, Refusal, Shape
from cnnspec.engine.layers.base import each, settle
from cnnspec.engine.layers.base import shown as in_yaml
from cnnspec.engine.network.context import Flow
from cnnspec.engine.network.graph import Node, maker
from cnnspec.engine.network.setting_fixes import computed
from cnnspec.engine.spec import Item, Spec
from cnnspec.engine.spec.edits import line_before, set_argument, without
from cnnspec.engine.syntax import Seq

MOST_CHANNELS = 4  # of an image: a first size above it is a height, if the second is not far from it
MOST_RATIO = 4
IMAGE = 3  # dimensions of an input that is most likely as it is meant


def fix_candidates(
    spec: Spec,
    nodes: Sequence[Node],
    item: Item,
    layer: Layer,
    refusal: Refusal,
    flows: Sequence[Flow],
) -> Iterator[Repair]:
    """What may mend a refusal of ``layer``, which the line ``item`` asks for, over the tensors in ``flows``."""
    shape = flows[0].known()
    own = not item.span.source.shipped
    if refusal.code == "linear-on-map" and own:
        yield from _flattened(item)
    elif refusal.code == "wrong-rank":
        siblings = _sibling(item, shape) if own and item.name in REGISTRY else ()
        others = _other_input(spec, layer, shape, nodes, flows[0])
        yield from (*siblings, *others) if len(shape) == IMAGE else (*others, *siblings)
    elif refusal.code == "window-too-large":
        yield from _channels_last(spec)
    elif own and (refusal.code == "conflicting-arguments" or refusal.argument in layer.infers):
        yield from _left_out(item, layer, refusal.argument or "")
    elif refusal.code == "shape-mismatch":
        yield from _padded(nodes, flows)


def _flattened(item: Item) -> Iterator[Repair]:
    edit = line_before(item, "Flatten")
    if edit is not None:
        yield Repair("put `- Flatten` before it", (edit,))


def _left_out(item: Item, layer: Layer, argument: str) -> Iterator[Repair]:
    edit = without(item, argument)
    if edit is not None:
        inferred = ": it is inferred" if argument in layer.infers else ""
        yield Repair(f"omit `{argument}`{inferred}", (edit,))


def _sibling(item: Item, shape: Shape) -> Iterator[Repair]:
    """``Conv1d`` for a ``Conv2d`` that a sequence reaches."""
    for name, layer in REGISTRY.items():
        if name[:-2] == item.name[:-2] and name != item.name and len(shape) in layer.ranks:
            yield Repair(f"write `{name}`", (Edit(item.op.span, name),))


def _other_input(spec: Spec, layer: Layer, shape: Shape, nodes: Sequence[Node], flow: Flow) -> Iterator[Repair]:
    """The input without its batch, or with the channels that it lacks, where no line has changed its rank."""
    node = spec.input
    if not isinstance(node, Seq) or spec.input_override is not None or not _rank_of_input(nodes, flow, len(shape)):
        return
    sizes = [item.span.text for item in node.items]
    if len(sizes) == len(shape) and len(shape) - 1 in layer.ranks:
        text = f"[{', '.join(sizes[1:])}]"
        yield Repair(f"write `input: {text}`: `input` does not include the batch", (Edit(node.span, text),))
    if len(sizes) == len(shape) == 2 and 3 in layer.ranks and _is_image(*shape):
        text = f"[1, {', '.join(sizes)}]"
        yield Repair(f"write `input: {text}`: channels come first", (Edit(node.span, text),))


def _channels_last(spec: Spec) -> Iterator[Repair]:
    """The input in torch's order, where its last size looks like the channels of an image."""
    node = spec.input
    if isinstance(node, Seq) and len(node.items) == IMAGE and spec.input_override is None:
        sizes = [item.span.text for item in node.items]
        if all(size.isdigit() for size in sizes) and int(sizes[2]) <= MOST_CHANNELS < min(int(sizes[0]), int(sizes[1])):
            text = f"[{sizes[2]}, {sizes[0]}, {sizes[1]}]"
            yield Repair(f"write `input: {text}`: channels come first", (Edit(node.span, text),))


def _is_image(height: int, width: int) -> bool:
    """Whether two sizes look like those of an image rather than like channels and a length."""
    return height > MOST_CHANNELS and max(height, width) <= MOST_RATIO * min(height, width)


def _rank_of_input(nodes: Sequence[Node], flow: Flow, rank: int) -> bool:
    return all(len(node.shape) == rank for node in _upwards(nodes, flow.value))


def _upwards(nodes: Sequence[Node], value: int) -> Iterator[Node]:
    """The nodes that a value comes from, along first inputs, the last one first."""
    while value >= 0:
        yield nodes[maker(value)]
        value = nodes[maker(value)].inputs[0]


def _padded(nodes: Sequence[Node], flows: Sequence[Flow]) -> Iterator[Repair]:
    """For the paths whose maps are smaller than the largest: a padding for unpadded windows, a pool that rounds up."""
    if len({len(flow.known()) for flow in flows}) > 1 or len(flows[0].known()) < 2:
        return
    largest = max((flow.known().sizes for flow in flows), key=sum)
    alone = [node for flow in flows if flow.known().sizes != largest for node in _alone(nodes, flow, flows)]
    alike = {id(node.item): node for node in alone if _forgotten(node) and set(_strides(node)) == {1}}
    every = {id(node.item): node for node in alone if _forgotten(node)}
    for found in (alike, every) if len(every) > len(alike) else (alike,):
        if found:
            yield _set(found.values(), "padding")
    if rounded := {id(node.item): node for node in alone if _rounds_down(node)}:
        yield _set(rounded.values(), "ceil_mode")


def _set(nodes: Iterable[Node], argument: str) -> Repair:
    """An argument set in several lines, in the order of the text."""
    in_order = sorted(nodes, key=lambda node: (node.item.span.line, node.item.span.column))
    values = [_forgotten(node) if argument == "padding" else "true" for node in in_order]
    where = [f"`{argument}: {value}` in line {n.item.span.line}" for n, value in zip(in_order, values, strict=True)]
    edits = tuple(set_argument(node.item, argument, value) for node, value in zip(in_order, values, strict=True))
    return Repair(f"set {listing(where)}", edits)


def _rounds_down(node: Node) -> bool:
    """Whether a pool leaves out a rest that it could round up to, by its line's own text."""
    item = node.item
    return (
        node.layer.role == "pool"
        and getattr(node.layer, "ceil_mode", None) is False
        and not item.span.source.shipped
        and item.name == node.type
        and not computed(item, "ceil_mode")
    )


def _alone(nodes: Sequence[Node], flow: Flow, flows: Sequence[Flow]) -> Iterator[Node]:
    """The nodes on the way to a tensor that no other of the tensors comes by."""
    others = {node.index for other in flows if other.value != flow.value for node in _upwards(nodes, other.value)}
    return (node for node in _upwards(nodes, flow.value) if node.index not in others)


def _forgotten(node: Node) -> str:
    """The padding that an odd window has none of, and with which it would keep the size at stride 1; else nothing."""
    item = node.item
    if not _pads(node.layer) or item.span.source.shipped or item.name != node.type or computed(item, "padding"):
        return ""
    dims = len(node.shape) - 1
    kernel, dilation = (each(getattr(node.layer, name), dims) for name in ("kernel_size", "dilation"))
    if set(each(node.layer.padding, dims)) != {0} or not all(k % 2 for k in kernel):  # type: ignore[attr-defined]
        return ""
    padding = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    return in_yaml(settle(padding)) if any(padding) else ""


def _pads(layer: Layer) -> bool:
    """Whether a layer has a window whose padding keeps the size of a map: no average, which padding changes."""
    return not layer.transposed and {"kernel_size", "padding", "dilation"} <= type(layer).model_fields.keys()


def _strides(node: Node) -> tuple[int, ...]:
    """The strides of a window; of a pool that states none, its kernel."""
    stride = getattr(node.layer, "stride", None)
    return each(stride if stride is not None else getattr(node.layer, "kernel_size", 1), len(node.shape) - 1)
