"""Where a size comes from: the line that made it, found by walking back along the tensor that carries it."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.diagnostics import Label, Span
from cnnspec.layers import Shape
from cnnspec.network.context import Flow
from cnnspec.network.graph import INPUT, Node
from cnnspec.spec import Spec
from cnnspec.syntax import Map

ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
CHANNEL_ARGUMENTS = ("out_channels", "out_features")


def origin_labels(spec: Spec, nodes: Sequence[Node], flows: Sequence[Flow], dims: tuple[int, ...]) -> tuple[Label, ...]:
    """A label at each line that made the sizes ``dims`` of the tensors in ``flows`` what they are."""
    if len({len(flow.known()) for flow in flows}) > 1:
        return _ranks(spec, nodes, flows)
    if not dims:
        return ()
    if len(flows) == 1:
        label = _single(spec, nodes, flows[0], dims)
        return (label,) if label else ()
    return _conflict(spec, nodes, flows, dims)


def _single(spec: Spec, nodes: Sequence[Node], flow: Flow, dims: tuple[int, ...]) -> Label | None:
    node, value = _maker(nodes, flow, dims)
    if node is None:
        return _input_label(spec, value, f"the {'×'.join(str(flow.known()[d]) for d in dims)} comes from here")
    return Label(_place(node, dims), _change(node.input_shapes[0], node.shape, dims))


def _ranks(spec: Spec, nodes: Sequence[Node], flows: Sequence[Flow]) -> tuple[Label, ...]:
    """One label for the first path, and one for the first that has another number of sizes."""
    other = next(i for i, flow in enumerate(flows) if len(flow.known()) != len(flows[0].known()))
    labels = [_path_label(spec, nodes, flows[i], i, str(flows[i].known()), ()) for i in (0, other)]
    return tuple(label for label in labels if label)


def _path_label(
    spec: Spec, nodes: Sequence[Node], flow: Flow, place: int, size: str, dims: tuple[int, ...]
) -> Label | None:
    """Where the path at a place of its join gets a size."""
    text = f"the {ORDER[place] if place < len(ORDER) else f'{place + 1}th'} path gets its {size} here"
    node, value = _maker(nodes, flow, dims)
    return Label(_place(node, dims), text) if node else _input_label(spec, value, text)


def _conflict(spec: Spec, nodes: Sequence[Node], flows: Sequence[Flow], dims: tuple[int, ...]) -> tuple[Label, ...]:
    """One label for each of the first two paths that disagree."""
    sizes = [tuple(flow.known()[d] for d in dims) for flow in flows]
    wide = [i for i, size in enumerate(sizes) if size != (1,)]  # a 1 is repeated to fit by all joins but Concat
    among = wide if len({sizes[i] for i in wide}) > 1 else range(len(sizes))
    other = next(i for i in among if sizes[i] != sizes[among[0]])
    labels = []
    for i in (among[0], other):
        size = "×".join(map(str, sizes[i] if dims == (0,) else flows[i].known().sizes))
        label = _path_label(spec, nodes, flows[i], i, size, dims)
        labels += [label] if label else []
    return tuple(labels)


def _maker(nodes: Sequence[Node], flow: Flow, dims: tuple[int, ...]) -> tuple[Node | None, int]:
    """The node that gave a tensor these sizes, None where an input of the network has them; and what that makes."""
    value = flow.value
    while value >= 0:
        node = nodes[value]
        if not _kept(node.input_shapes[0], node.shape, dims):
            return node, value
        value = node.inputs[0]
    return None, value


def _kept(before: Shape, after: Shape, dims: tuple[int, ...]) -> bool:
    return len(before) == len(after) and all(before[d] == after[d] for d in dims)


def _change(before: Shape, after: Shape, dims: tuple[int, ...]) -> str:
    if len(before) != len(after) or dims == (0,):
        return f"turns {before} into {after}"
    return f"{'shrinks' if all(after[d] <= before[d] for d in dims) else 'enlarges'} {before} to {after}"


def _place(node: Node, dims: tuple[int, ...]) -> Span:
    item = node.item
    own = not item.span.source.shipped
    for name in CHANNEL_ARGUMENTS if dims == (0,) and own else ():
        entry = item.args.entry(name) if item.args else None
        if entry:
            return entry.span
    return node.span


def _input_label(spec: Spec, value: int, text: str) -> Label | None:
    if spec.input is None or spec.input_override is not None:
        return None
    sizes = spec.input.entries[INPUT - value].value if isinstance(spec.input, Map) else spec.input
    return Label(sizes.span, text)
