"""Lines that are written in `forward` alone: joins, slices, and layers that read best as a function call.

Such a layer has nothing to train, nothing to remember, no mode and no id; its arguments are the same in all instances.
"""

from __future__ import annotations

from collections.abc import Callable

from cnnspec.engine.layers import BUILT_IN, REGISTRY
from cnnspec.engine.network import Node
from cnnspec.engine.source.forward import ForwardOperation, Write, calling, joined, stacked
from cnnspec.engine.source.making import Maker, slots_of
from cnnspec.engine.source.names import SourceNames
from cnnspec.engine.source.template import Leaf
from cnnspec.engine.source.text import Doc, Prefixed, Text, flat
from cnnspec.engine.source.values import is_constant, literal, only, same

FUNCTIONS = {
    name: str(REGISTRY[name].function).replace("torch.nn.functional.", "F.")
    for name in BUILT_IN
    if REGISTRY[name].function
}
PADS = {"ZeroPad2d": "", "ConstantPad2d": "", "ReplicationPad2d": "replicate", "ReflectionPad2d": "reflect"}
SIGNS = {"Add": "+", "Multiply": "*"}
ALWAYS = (*SIGNS, "Concat", "Slice")
Keep = Callable[[Leaf, str, Doc], str]  # stores a value in an attribute, and says in which


def is_function(leaf: Leaf) -> bool:
    """Whether a line is written in `forward` alone."""
    types = {child.type for child in leaf.children.values()}
    if len(types) > 1 or not isinstance(leaf.first, Node):
        return False
    if leaf.first.type in ALWAYS:
        return True
    if leaf.first.type == "Identity":
        return not leaf.is_named
    is_known = leaf.first.type in FUNCTIONS or leaf.first.type in PADS
    return is_known and not leaf.is_named and all(map(is_constant, slots_of(leaf).values()))


def function(leaf: Leaf, names: SourceNames, inputs: tuple[int, ...], maker: Maker, keep: Keep) -> ForwardOperation:
    """The line as an operation."""
    type_ = leaf.first.type
    if type_ in SIGNS:
        return ForwardOperation(joined(SIGNS[type_]), inputs, join="sum")
    if type_ == "Concat":
        return ForwardOperation(stacked, inputs, join="cat")
    if type_ == "Slice":
        return ForwardOperation(_slice(leaf, names, maker, keep), inputs)
    if type_ == "Identity":
        return ForwardOperation(lambda docs: docs[0], inputs)
    if type_ in PADS:
        return ForwardOperation(calling("F.pad", *_pad(leaf)), inputs)
    return ForwardOperation(calling(FUNCTIONS[type_], *_arguments(leaf, names, maker)), inputs, ends=True)


def _arguments(leaf: Leaf, names: SourceNames, maker: Maker) -> list[Doc]:
    """``torch.flatten`` begins with the batch where its module does not, so its first argument is always there."""
    arguments = maker.arguments(leaf, names)
    if leaf.first.type != "Flatten":
        return arguments
    first, *rest = arguments or [Text("")]
    if isinstance(first, Prefixed) and first.prefix == "start_dim=":
        return [first.body, *rest]
    return [Text("1"), *arguments]


def _pad(leaf: Leaf) -> list[Doc]:
    """``F.pad`` takes a size for each side, and the kind of padding as an argument."""
    slots = slots_of(leaf)
    sides = only(slots["padding"])
    arguments = [literal(sides if isinstance(sides, tuple) else (sides,) * 4)]
    if mode := PADS[leaf.first.type]:
        arguments.append(Prefixed("mode=", literal(mode)))
    if "value" in slots:
        arguments.append(Prefixed("value=", literal(only(slots["value"]))))
    return arguments


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
