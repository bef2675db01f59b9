"""What a layer says of itself for its shapes: of cnnspec's own remembered, of a user's own looked at before use."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NoReturn

from cnnspec.engine.layers import Layer, Shape, Tensor
from cnnspec.engine.layers.base import MAX_SIZE
from cnnspec.engine.plugins import PluginFault, origin

Facts = tuple[Shape, dict[str, Tensor], int | None]


def facts(layer: Layer, shapes: tuple[Shape, ...], *, anew: bool = False) -> Facts:
    """Output shape, tensors and MACs of a layer; ``anew`` where sizes have to see what is asked of them.

    Raises Refusal, and PluginFault for answers of a wrong kind.
    """
    if origin(type(layer)) is None:
        return (_own if anew else _remembered)(layer, shapes)
    shape = layer.infer(*shapes)
    if not isinstance(shape, tuple) or not all(_is_whole(size) and 1 <= size <= MAX_SIZE for size in shape):
        _wrong(layer, "infer", "a Shape of positive sizes", shape)
    shape = Shape(shape)
    tensors, macs = layer.tensors(shapes[0]), layer.macs(shapes[0], shape)
    if not isinstance(tensors, dict) or not all(map(_is_tensor, tensors.values())):
        _wrong(layer, "tensors", "a dict of names to Tensor", tensors)
    if macs is not None and not (_is_whole(macs) and macs >= 0):
        _wrong(layer, "macs", "a whole number or None", macs)
    return shape, tensors, macs


def _own(layer: Layer, shapes: tuple[Shape, ...]) -> Facts:
    """Of a layer of cnnspec's own, which depends on nothing else."""
    shape = layer.infer(*shapes)
    return shape, layer.tensors(shapes[0]), layer.macs(shapes[0], shape)


_remembered = lru_cache(maxsize=4096)(_own)  # an editor asks for nearly all of them again with each keystroke


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor) and all(_is_whole(size) and size >= 0 for size in value.shape)


def _wrong(layer: Layer, method: str, wanted: str, given: Any) -> NoReturn:
    place = origin(type(layer))
    assert place is not None
    code = getattr(type(layer), method).__wrapped__.__code__
    said = f"`{method}` of `{type(layer).__name__}` of {place.words} gives {wanted}, and gave {given!r:.80}"
    raise PluginFault(said, f"{code.co_filename}:{code.co_firstlineno}")
