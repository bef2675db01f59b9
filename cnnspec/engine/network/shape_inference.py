"""What a layer says of itself for its shapes: of cnnspec's own remembered, of a user's own looked at before use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

from msgspec import Struct

from cnnspec.engine.layers import Layer, Output, Shape, Tensor
from cnnspec.engine.layers.base import MAX_SIZE
from cnnspec.engine.plugins import PluginFault, origin


class LayerFacts(Struct, frozen=True):
    """What a layer says of itself for some inputs: the shape of its output, its tensors, and its MACs.

    ``several`` are its outputs by name where they are more than one; ``shape`` is then that of the first.
    """

    shape: Shape
    tensors: dict[str, Tensor]
    macs: int | None
    several: Mapping[str, Output] | None = None


def facts(layer: Layer, shapes: tuple[Shape, ...], *, anew: bool = False) -> LayerFacts:
    """Output shape, tensors and MACs of a layer; ``anew`` where sizes have to see what is asked of them.

    Raises Refusal, and PluginFault for answers of a wrong kind.
    """
    if origin(type(layer)) is None:
        return (_own if anew else _remembered)(layer, shapes)
    given = layer.infer(*shapes)
    several = _several(layer, given) if isinstance(given, Mapping) else None
    if several is None and not _is_shape(given):
        _wrong(layer, "infer", "a Shape of positive sizes", given)
    shape = Shape(given) if several is None else next(iter(several.values())).shape
    tensors, macs = layer.tensors(shapes[0]), layer.macs(shapes[0], shape)
    if not isinstance(tensors, dict) or not all(map(_is_tensor, tensors.values())):
        _wrong(layer, "tensors", "a dict of names to Tensor", tensors)
    if macs is not None and not (_is_whole(macs) and macs >= 0):
        _wrong(layer, "macs", "a whole number or None", macs)
    return LayerFacts(shape, tensors, macs, several)


def _own(layer: Layer, shapes: tuple[Shape, ...]) -> LayerFacts:
    """Of a layer of cnnspec's own, which depends on nothing else."""
    given = layer.infer(*shapes)
    several = None if isinstance(given, Shape) else {name: _output(one) for name, one in given.items()}
    shape = given if isinstance(given, Shape) else _output(next(iter(given.values()))).shape
    return LayerFacts(shape, layer.tensors(shapes[0]), layer.macs(shapes[0], shape), several)


_remembered = lru_cache(maxsize=4096)(_own)  # an editor asks for nearly all of them again with each keystroke


def _several(layer: Layer, given: Mapping[Any, Any]) -> Mapping[str, Output]:
    """The outputs by name that a user's own layer gives, looked at."""
    sound = len(given) > 1 and all(
        isinstance(name, str) and bool(name) and (isinstance(one, Output) or _is_shape(one))
        for name, one in given.items()
    )
    if not sound:
        _wrong(layer, "infer", "a Shape of positive sizes, or a dict of two or more names to them", given)
    return {name: _output(one) for name, one in given.items()}


def _output(given: Shape | Output) -> Output:
    return given if isinstance(given, Output) else Output(Shape(given))


def _is_shape(given: object) -> bool:
    return isinstance(given, tuple) and all(_is_whole(size) and 1 <= size <= MAX_SIZE for size in given)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor) and all(_is_whole(size) and size >= 0 for size in value.shape)


def _wrong(layer: Layer, method: str, wanted: str, given: Any) -> NoReturn:
    place = origin(type(layer))
    assert place is not None
    code = getattr(type(layer), method).__wrapped__.__code__
    said = f"`{method}` of `{type(layer).__name__}` of {place.words} must return {wanted}, but returned {given!r:.80}"
    raise PluginFault(said, f"{code.co_filename}:{code.co_firstlineno}")
