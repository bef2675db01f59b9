"""Lines that are written in `forward` alone: joins, slices, and layers that read best as a function call.

Such a layer has nothing to train, nothing to remember, no mode and no id; its arguments are the same in all instances.
"""

from __future__ import annotations

from collections.abc import Callable

from cnnspec.engine.layers import Layer
from cnnspec.engine.network import Node
from cnnspec.engine.source.forward import ForwardOperation, Write, calling, joined, stacked
from cnnspec.engine.source.making import Maker, is_foreign, slots_of
from cnnspec.engine.source.names import SourceNames, Unsolved
from cnnspec.engine.source.template import Leaf
from cnnspec.engine.source.text import Doc, Prefixed, Text, call, flat
from cnnspec.engine.source.values import frozen, is_constant, literal, only, same

Keep = Callable[[Leaf, str, Doc], str]  # stores a value in an attribute, and says in which


def is_function(leaf: Leaf) -> bool:
    """Whether a line is written in `forward` alone."""
    types = {child.type for child in leaf.children.values()}
    if len(types) > 1 or not isinstance(leaf.first, Node) or is_foreign(leaf):
        return False
    layer = leaf.first.layer
    if layer.role in ("join", "slice", "split") or (layer.input_names and layer.function is not None):
        return True
    if layer.role == "identity":
        return not leaf.is_named
    has_function = layer.function is not None or layer.pad_mode is not None
    return has_function and not leaf.is_named and all(map(is_constant, slots_of(leaf).values()))


def function(leaf: Leaf, names: SourceNames, inputs: tuple[int, ...], maker: Maker, keep: Keep) -> ForwardOperation:
    """The line as an operation."""
    layer = _layer(leaf)
    if layer.operator is not None:
        return ForwardOperation(joined(layer.operator), inputs, join="sum")
    if layer.role == "join":
        return ForwardOperation(stacked, inputs, join="cat")
    if layer.role == "slice":
        return ForwardOperation(_slice(leaf, names, maker, keep), inputs)
    if layer.role == "split":
        return _split(leaf, names, inputs, maker, keep)
    if layer.input_names:
        return ForwardOperation(_resized(_arguments(leaf, names, maker)), inputs, ends=True)
    if layer.role == "identity":
        return ForwardOperation(lambda docs: docs[0], inputs)
    if layer.pad_mode is not None:
        return ForwardOperation(calling("F.pad", *_pad(leaf, layer.pad_mode)), inputs)
    function = str(layer.function).replace("torch.nn.functional.", "F.")
    return ForwardOperation(calling(function, *_arguments(leaf, names, maker)), inputs, ends=True)


def _layer(leaf: Leaf) -> Layer:
    assert isinstance(leaf.first, Node)
    return leaf.first.layer


def _arguments(leaf: Leaf, names: SourceNames, maker: Maker) -> list[Doc]:
    """The arguments of the function: one whose default is not that of the module comes first, and always."""
    arguments = maker.arguments(leaf, names)
    layer = _layer(leaf)
    for name in layer.function_defaults:
        first, *rest = arguments or [Text("")]
        if isinstance(first, Prefixed) and first.prefix == f"{name}=":
            arguments = [first.body, *rest]
        else:
            arguments = [literal(frozen(type(layer).model_fields[name].default)), *arguments]
    return arguments


def _pad(leaf: Leaf, mode: str) -> list[Doc]:
    """``F.pad`` takes a size for each side, and the kind of padding as an argument."""
    slots = slots_of(leaf)
    sides = only(slots["padding"])
    arguments = [literal(sides if isinstance(sides, tuple) else (sides,) * 4)]
    if mode != "constant":
        arguments.append(Prefixed("mode=", literal(mode)))
    if "value" in slots:
        arguments.append(Prefixed("value=", literal(only(slots["value"]))))
    return arguments


def _split(leaf: Leaf, names: SourceNames, inputs: tuple[int, ...], maker: Maker, keep: Keep) -> ForwardOperation:
    """``a, b = torch.split(x, [16, 48], 1)``."""
    assert isinstance(leaf.first, Node)
    if len({len(child.values) for child in leaf.children.values()}) > 1:
        raise Unsolved
    (argument,) = type(leaf.first.layer).model_fields
    slot = slots_of(leaf)[argument]
    if is_constant(slot):
        sizes = only(slot)
        doc: Doc = Text(str(list(sizes) if isinstance(sizes, tuple) else sizes))
    elif any(isinstance(sizes, tuple) for sizes in slot.values()):
        raise Unsolved
    else:
        doc = Text(f"self.{keep(leaf, argument, maker.argument(leaf, argument, slot, names, infer=False))}")
    write = calling(f"torch.{leaf.first.type.lower()}", doc, Text("1"))
    stem = leaf.names[0] if leaf.is_named and leaf.names[0].isidentifier() else "part"
    return ForwardOperation(write, inputs, several=tuple(f"{stem}{place}" for place in leaf.first.outputs))


def _resized(arguments: list[Doc]) -> Write:
    """``F.interpolate(x, like.shape[2:], mode="bilinear")``."""
    return lambda docs: call("F.interpolate", docs[0], Text(f"{flat(docs[1])}.shape[2:]"), *arguments)


def _slice(leaf: Leaf, names: SourceNames, maker: Maker, keep: Keep) -> Write:
    """``x[:, 3:7]``."""
    slots = slots_of(leaf)
    ends = []
    for argument, left_out in (("start", 0), ("end", None)):
        slot = slots[argument]
        if is_constant(slot):
            each = next(iter(slot.values()))
            ends.append("" if same(each, left_out) else str(each))
        else:
            doc = maker.argument(leaf, argument, slot, names, infer=False)
            ends.append(f"self.{keep(leaf, argument, doc)}")
    plain = all(not end or end.isdigit() for end in ends)
    inside = ":".join(ends) if plain else f"{ends[0]} : {ends[1]}".strip()
    return lambda docs: Text(f"{flat(docs[0])}[:, {inside}]")
