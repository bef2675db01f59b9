"""What a layer is called in a drawing, as papers write it: ``3×3 conv, 64, /2``.

The stride stands behind a slash and is left out where it is 1; numbers stand as Numbers, so that blocks of one form can
be told from blocks of others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cnnspec.engine.diagram.text import ACTIVATION, CHANNELS, GROUPS, KERNEL, RATE, SIZE, STRIDE, Number, Text
from cnnspec.engine.layers.base import Role, each
from cnnspec.engine.network import Node

ARGUMENT = re.compile(r"\{(\w+)\}")
SORTS = {
    "out_features": CHANNELS,
    "num_groups": GROUPS,
    "groups": GROUPS,
    "p": RATE,
    "upscale_factor": STRIDE,
    "downscale_factor": STRIDE,
}


def label(node: Node) -> Text:
    """The line that a layer has in its box."""
    if node.layer.role == "activation":
        return (Number(ACTIVATION, node.type),)
    if node.type in COMPUTED:
        return COMPUTED[node.type](node)
    return BY_ROLE.get(node.layer.role, _filled)(node)


def _filled(node: Node) -> Text:
    """The layer's own label, with its arguments as Numbers."""
    text = node.layer.label or node.type
    parts: list[str | Number] = []
    for number, part in enumerate(ARGUMENT.split(text)):
        if number % 2 == 0:
            parts.append(part)
        elif part in SORTS:
            parts.append(Number(SORTS[part], getattr(node.layer, part), _before(parts, part)))
        else:
            parts.append(str(getattr(node.layer, part, f"{{{part}}}")))
    return tuple(part for part in parts if part)


def _before(parts: list[str | Number], argument: str) -> str:
    """The blank before a rate, which is left out with the rate where copies differ."""
    words = parts[-1]
    if SORTS[argument] != RATE or not isinstance(words, str):
        return ""
    parts[-1] = words.rstrip()
    return " "


def _conv(node: Node) -> Text:
    layer: Any = node.layer
    dims = len(node.shape) - 1
    by_channel = 1 < layer.groups == node.input_shapes[0][0]
    word = "transposed conv" if layer.transposed else "depthwise" if by_channel else "conv"
    groups: Text = () if by_channel else (Number(GROUPS, layer.groups, ", groups ", 1),)
    return (
        *_window(layer.kernel_size, dims),
        f" {word}, ",
        Number(CHANNELS, layer.out_channels),
        *_each(STRIDE, layer.stride, dims, ", stride " if layer.transposed else ", /", 1),
        *groups,
        *_each(STRIDE, layer.dilation, dims, ", dilation ", 1),
    )


def _pool(node: Node) -> Text:
    layer: Any = node.layer
    if hasattr(layer, "output_size"):
        return _adaptive(node)
    dims = len(node.shape) - 1
    stride = layer.kernel_size if layer.stride is None else layer.stride
    return (*_window(layer.kernel_size, dims), f" {layer.label}", *_each(STRIDE, stride, dims, ", /", 1))


def _adaptive(node: Node) -> Text:
    layer: Any = node.layer
    if all(one == 1 for one in each(layer.output_size, 2)):
        return (f"global {layer.label}",)
    return (f"{layer.label} to ", *_window(node.shape.sizes, len(node.shape) - 1, SIZE))


def _window(size: Any, dims: int, sort: str = KERNEL) -> Text:
    """``3×3``; the size of one that is no square stands as text, so that 1×7 and 7×1 are of two forms."""
    sizes = each(size, dims)
    if len(set(sizes)) > 1:
        return ("×".join(map(str, sizes)),)
    out: list[str | Number] = [Number(sort, sizes[0])]
    for one in sizes[1:]:
        out += ["×", Number(sort, one)]
    return tuple(out) if dims > 1 else (*out, "-wide")


def _each(sort: str, value: Any, dims: int, before: str, default: int) -> Text:
    """One number where it is the same along each dimension."""
    values = each(value, dims)
    if len(set(values)) > 1:
        return (before + "×".join(map(str, values)),)
    return (Number(sort, values[0], before, default),)


def _slice(node: Node) -> Text:
    layer: Any = node.layer
    count = Number(CHANNELS, node.shape[0])
    if layer.start == 0:
        return ("first ", count, " channels")
    if layer.start + node.shape[0] == node.input_shapes[0][0]:
        return ("last ", count, " channels")
    return (count, " channels from ", Number(CHANNELS, layer.start))


def _upsample(node: Node) -> Text:
    mode = f", {node.layer.mode}"  # type: ignore[attr-defined]
    before, after = node.input_shapes[0].sizes, node.shape.sizes
    factors = {new / old for new, old in zip(after, before, strict=True)}
    if len(factors) == 1 and (factor := factors.pop()) == int(factor):
        return ("upsample ×", Number(STRIDE, int(factor)), mode)
    return ("upsample to ", *_window(after, len(after), SIZE), mode)


def _pad(node: Node) -> Text:
    smaller = any(after < before for before, after in zip(node.input_shapes[0], node.shape, strict=True))
    return ("crop",) if smaller else (f"{node.type.removesuffix('Pad2d').lower()} pad",)


BY_ROLE: dict[Role | None, Callable[[Node], Text]] = {"convolution": _conv, "pool": _pool, "padding": _pad}
COMPUTED: dict[str, Callable[[Node], Text]] = {"Slice": _slice, "Upsample": _upsample}  # from the shapes around them
