"""What a layer is called in a drawing, as papers write it: ``3×3 conv, 64, /2``.

The stride stands behind a slash and is left out where it is 1; numbers stand as Numbers, so that blocks of one form can
be told from blocks of others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnspec.engine.diagram.kinds import family
from cnnspec.engine.diagram.text import ACTIVATION, CHANNELS, GROUPS, KERNEL, RATE, SIZE, STRIDE, Number, Text
from cnnspec.engine.layers.base import each
from cnnspec.engine.network import Node

SYMBOLS = {"Add": "+", "Multiply": "×", "Concat": "concat"}


def label(node: Node) -> Text:
    """The line that a layer has in its box."""
    return _written(node.type)(node)


def _written(type: str) -> Callable[[Node], Text]:
    if type.startswith("Conv"):
        return _conv
    if type.startswith("Adaptive"):
        return _adaptive
    if "Pool" in type:
        return _pool
    if type.endswith("Pad2d"):
        return _pad
    return OTHERS.get(type, _name)


def _name(node: Node) -> Text:
    if family(node.type) == "activation":
        return (Number(ACTIVATION, node.type),)
    return (node.layer.label or node.type,)


def _conv(node: Node) -> Text:
    layer: Any = node.layer
    dims = len(node.shape) - 1
    by_channel = 1 < layer.groups == node.input_shapes[0][0]
    word = "transposed conv" if "Transpose" in node.type else "depthwise" if by_channel else "conv"
    groups: Text = () if by_channel else (Number(GROUPS, layer.groups, ", groups ", 1),)
    return (
        *_window(layer.kernel_size, dims),
        f" {word}, ",
        Number(CHANNELS, layer.out_channels),
        *_each(STRIDE, layer.stride, dims, ", stride " if "Transpose" in node.type else ", /", 1),
        *groups,
        *_each(STRIDE, layer.dilation, dims, ", dilation ", 1),
    )


def _pool(node: Node) -> Text:
    layer: Any = node.layer
    dims = len(node.shape) - 1
    stride = layer.kernel_size if layer.stride is None else layer.stride
    return (*_window(layer.kernel_size, dims), f" {_kind(node.type)} pool", *_each(STRIDE, stride, dims, ", /", 1))


def _adaptive(node: Node) -> Text:
    size: Any = node.layer.output_size  # type: ignore[attr-defined]
    kind = _kind(node.type)
    if all(one == 1 for one in each(size, 2)):
        return (f"global {kind} pool",)
    return (f"{kind} pool to ", *_window(node.shape.sizes, len(node.shape) - 1, SIZE))


def _kind(type: str) -> str:
    return "max" if "Max" in type else "avg"


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


def _linear(node: Node) -> Text:
    return ("fc ", Number(CHANNELS, node.shape[-1]))


def _dropout(node: Node) -> Text:
    return ("dropout", Number(RATE, node.layer.p, " "))  # type: ignore[attr-defined]


def _drop_path(node: Node) -> Text:
    return ("drop path",)


def _groups(word: str) -> Callable[[Node], Text]:
    def written(node: Node) -> Text:
        layer: Any = node.layer
        number = layer.num_groups if hasattr(layer, "num_groups") else layer.groups
        return (f"{word}, groups ", Number(GROUPS, number))

    return written


def _factor(word: str, argument: str) -> Callable[[Node], Text]:
    def written(node: Node) -> Text:
        return (f"{word} ×", Number(STRIDE, getattr(node.layer, argument)))

    return written


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


OTHERS: dict[str, Callable[[Node], Text]] = {
    "Linear": _linear,
    "Dropout": _dropout,
    "Dropout2d": _dropout,
    "AlphaDropout": _dropout,
    "StochasticDepth": _drop_path,
    "GroupNorm": _groups("GN"),
    "ChannelShuffle": _groups("channel shuffle"),
    "PixelShuffle": _factor("pixel shuffle", "upscale_factor"),
    "PixelUnshuffle": _factor("pixel unshuffle", "downscale_factor"),
    "Slice": _slice,
    "Upsample": _upsample,
    **{type: (lambda node: (SYMBOLS[node.type],)) for type in SYMBOLS},
}
