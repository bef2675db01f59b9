"""Sums, products and stacks of tensors, and what takes a tensor apart along its channels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnnspec.pytorch.importing.functions.table import HANDLERS, says
from cnnspec.pytorch.importing.operand import Operand, Unsaid
from cnnspec.pytorch.importing.translate import COMPUTED, Translator

FACTOR = "multiply the weight and the bias of the layer before it by the number"
TERM = "add the number to the bias of the layer before it"


@says("add", "__add__", "__radd__", "__iadd__")
def add(t: Translator, x: Any, y: Any, alpha: float = 1) -> Operand:
    x, y = (y, x) if isinstance(y, Operand) and not isinstance(x, Operand) else (x, y)
    if not isinstance(y, Operand):
        if y == 0:  # where Python's `sum` begins
            return _alone(t, x)
        raise Unsaid("no layer adds a number", TERM)
    if alpha != 1:
        raise Unsaid("no layer adds with a factor", FACTOR)
    return t.line("Add", x, y)


def _alone(t: Translator, x: Operand) -> Operand:
    t.value(x, "Add")
    return x


@says("mul", "multiply", "__mul__", "__rmul__", "__imul__")
def mul(t: Translator, x: Any, y: Any) -> Operand:
    if not isinstance(x, Operand) or not isinstance(y, Operand):
        raise Unsaid("no layer multiplies by a number", FACTOR)
    if x.owned is not None or y.owned is not None:
        return _scaled(t, *((y, x) if x.owned is not None else (x, y)))
    return t.line("Multiply", x, y)


def _scaled(t: Translator, x: Operand, factor: Operand) -> Operand:
    """A tensor times a parameter of a module: a LayerScale, which has no module of its own."""
    assert factor.owned is not None
    if x.value is None:
        raise Unsaid(*COMPUTED, code="weights-out-of-place")
    channels = (x.shape[1], *(1,) * (len(x.shape) - 2))
    if factor.shape[-len(channels) :] != channels or prod(factor.shape) != x.shape[1]:
        raise Unsaid(
            "no layer multiplies by this weight",
            "`LayerScale` multiplies each channel by a parameter of shape (C, 1, 1)",
        )
    path = (*factor.owned.path, factor.owned.name)
    first = t.constant(factor.owned)
    return t.line("LayerScale", x, path=path, **({} if first is None else {"init_value": first}))


def _arithmetic(does: str) -> Any:
    def handler(t: Translator, *args: Any, **kwargs: Any) -> Operand:
        raise Unsaid(f"no layer {does}", "the arithmetic of a spec is `Add`, `Multiply` and `Concat`")

    return handler


for names, does in (
    (("sub", "subtract", "rsub", "__sub__", "__rsub__", "__isub__"), "subtracts"),
    (("div", "divide", "true_divide", "__truediv__", "__rtruediv__", "__itruediv__"), "divides"),
    (("neg", "negative", "__neg__"), "changes the sign"),
    (("pow", "square", "__pow__", "sqrt", "rsqrt"), "takes powers or roots"),
    (("exp", "log"), "takes an exponential or a logarithm"),
):
    HANDLERS.update(dict.fromkeys(names, _arithmetic(does)))


@says("cat", "concat", "concatenate")
def cat(t: Translator, tensors: Sequence[Operand], dim: int = 0) -> Operand:
    t.need(tensors)
    rank = len(tensors[0].shape)
    kept = tuple(tensor for tensor in tensors if tensor.shape[dim] != 0) or tuple(tensors)
    if dim % rank != 1:
        where = "the batch" if dim % rank == 0 else f"dimension {dim % rank}"
        raise Unsaid(f"this stacks along {where}; `Concat` stacks along the channels, dimension 1")
    return kept[0] if len(kept) == 1 else t.line("Concat", *kept)


@says("chunk")
def chunk(t: Translator, x: Operand, chunks: int, dim: int = 0) -> tuple[Operand, ...]:
    size = x.shape[dim]
    return split(t, x, -(-size // chunks), dim)


@says("split", "split_with_sizes", "aten.split_with_sizes")
def split(t: Translator, x: Operand, split_size: int | Sequence[int], dim: int = 0) -> tuple[Operand, ...]:
    size = x.shape[dim]
    each = [split_size] * -(-size // split_size) if isinstance(split_size, int) else [*split_size]
    ends = [min(sum(each[: i + 1]), size) for i in range(len(each))]
    return tuple(_slice(t, x, dim, start, end) for start, end in zip([0, *ends], ends, strict=False))


@says("tensor_split")
def tensor_split(t: Translator, x: Operand, sections: int | Sequence[int], dim: int = 0) -> tuple[Operand, ...]:
    size = x.shape[dim]
    if isinstance(sections, int):
        small, more = divmod(size, sections)
        return split(t, x, [small + (i < more) for i in range(sections)], dim)
    ends = [*sections, size]
    return tuple(_slice(t, x, dim, start, end) for start, end in zip([0, *ends], ends, strict=False))


@says("narrow")
def narrow(t: Translator, x: Operand, dim: int, start: int, length: int) -> Operand:
    return _slice(t, x, dim, start, start + length)


@says("aten.slice")
def aten_slice(
    t: Translator, x: Operand, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Operand:
    return _slice(t, x, dim, *slice(start, end).indices(x.shape[dim])[:2], step=step)


def _slice(t: Translator, x: Operand, dim: int, start: int, end: int, step: int = 1) -> Operand:
    """A part of the channels; all of them are no part."""
    dim, size = dim % len(x.shape), x.shape[dim]
    if (start, end, step) == (0, size, 1):
        return x
    if start >= end:
        return Operand((*x.shape[:dim], 0, *x.shape[dim + 1 :]))  # nothing, and what is stacked with it is all there is
    if dim != 1:
        where = "the batch" if dim == 0 else f"dimension {dim}"
        raise Unsaid(f"no layer takes a part of {where}: `Slice` takes channels, dimension 1")
    if step != 1:
        raise Unsaid("no layer takes every other channel: `Slice` takes channels in a row")
    return t.line("Slice", x, start=start, end=None if end == size else end)


@says("__getitem__")
def getitem(t: Translator, x: Operand, index: Any) -> Operand:
    """``x[:, 2:4]``, and ``x[:, :, None, None]``, which adds dimensions of size 1."""
    for dim, part in enumerate(_in_full(index if isinstance(index, tuple) else (index,), len(x.shape))):
        if part is None:
            x = unsqueeze(t, x, dim)
        elif isinstance(part, slice):
            start, end, step = part.indices(x.shape[dim])
            x = _slice(t, x, dim, start, end, step)
        else:
            raise Unsaid("no layer picks single values or places of a tensor")
    return x


def _in_full(parts: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    """An index with its `...` written out."""
    if Ellipsis not in [part for part in parts if part is Ellipsis]:
        return parts
    at = next(i for i, part in enumerate(parts) if part is Ellipsis)
    more = rank - sum(part is not None and part is not Ellipsis for part in parts)
    return (*parts[:at], *[slice(None)] * more, *parts[at + 1 :])


@says("unsqueeze")
def unsqueeze(t: Translator, x: Operand, dim: int) -> Operand:
    dim %= len(x.shape) + 1
    if x.value is None:
        return x.shaped((*x.shape[:dim], 1, *x.shape[dim:]))
    if dim == 0:
        raise Unsaid("this puts a dimension before the batch")
    if dim == 1:
        return t.line("Unflatten", x, dim=1, unflattened_size=(1, -1))
    return t.line("Unflatten", x, dim=dim - 1, unflattened_size=(-1, 1))
