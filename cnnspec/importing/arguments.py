"""Arguments as a spec states them: what is no default, one value where all dimensions agree, none that is inferred."""

from __future__ import annotations

from typing import Any

from cnnspec.layers import REGISTRY

FOLLOW = frozenset({"in_channels", "num_features", "num_channels"})  # from the input, always
KEPT = frozenset({"dims", "unflattened_size", "normalized_shape"})  # lists that are no values for each dimension
SINGLE = frozenset({("normalized_shape", 1)})


def settled(type: str, args: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a layer in the order of its fields, without those that say nothing."""
    layer = REGISTRY.get(type)
    if layer is None:
        return args
    found = {name: plain(args[name], name) for name in layer.model_fields if name in args and name not in FOLLOW}
    stride = plain(found.get("kernel_size"), "")
    return {
        name: value
        for name, value in found.items()
        if value != layer.model_fields[name].default
        and not (name == "stride" and layer.model_fields[name].default is None and value == stride)
        and name != "inplace"
    }


def plain(value: Any, name: str) -> Any:
    """A value as YAML has it: numbers and tuples of them."""
    if isinstance(value, list | tuple):
        values = tuple(plain(v, name) for v in value)
        same = len(set(values)) == 1 and values[0] is not None and (name not in KEPT or (name, len(values)) in SINGLE)
        return values[0] if same else values
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return float(value)
    return value
