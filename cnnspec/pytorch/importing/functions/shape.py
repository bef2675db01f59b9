"""Functions that change a tensor's shape or the order of its channels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnnspec.pytorch.importing.functions.table import says
from cnnspec.pytorch.importing.operand import Operand, Unsaid
from cnnspec.pytorch.importing.translate import Translator


@says("flatten")
def flatten(t: Translator, x: Operand, start_dim: int = 0, end_dim: int = -1) -> Operand:
    if start_dim % len(x.shape) == 0:
        raise Unsaid("this flattens the batch as well", "`torch.flatten(x, 1)` leaves the images apart")
    if start_dim % len(x.shape) == end_dim % len(x.shape):
        return x
    return t.line("Flatten", x, start_dim=start_dim, end_dim=end_dim)


@says("unflatten")
def unflatten(t: Translator, x: Operand, dim: int, sizes: Sequence[int]) -> Operand:
    return t.line("Unflatten", x, dim=dim, unflattened_size=tuple(sizes))


@says("view", "reshape", "_unsafe_view")
def reshape(t: Translator, x: Operand, *sizes: Any, shape: Any = None) -> Operand:
    if shape is not None:
        sizes = tuple(shape)
    new = _worked_out(x, tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], list | tuple) else sizes)
    if x.value is None:
        return x.shaped(new)
    if new[:1] != x.shape[:1]:
        raise Unsaid(
            f"this makes {new[0] if new else 1} of the {x.batch} images of a batch: it mixes them",
            "keep dimension 0 as it is: `x.flatten(1)`, `x.view(x.size(0), -1)`",
        )
    return _reshape(t, x, new)


def _worked_out(x: Operand, sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """The sizes, -1 worked out."""
    if not all(isinstance(size, int) for size in sizes):
        raise Unsaid("a view as another type of number has no layer")
    known = prod(size for size in sizes if size != -1)
    return tuple(prod(x.shape) // known if size == -1 else size for size in sizes)


def _reshape(t: Translator, x: Operand, new: tuple[int, ...]) -> Operand:
    """One line where dimensions are merged or one is taken apart, else both."""
    old = x.shape
    if old == new:
        return x
    head, tail = _common(old, new)
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(before) > 1:
        end = len(old) - tail - 1
        x = t.line("Flatten", x, start_dim=head, end_dim=-1 if tail == 0 else end)
    if len(after) > 1:
        many = [size for size in after if size != 1]
        sizes = tuple(-1 if size == many[0] else size for size in after) if len(many) == 1 else after
        x = t.line("Unflatten", x, dim=head, unflattened_size=sizes)
    return x


def _common(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, int]:
    """How many dimensions are the same in front and behind; those between hold the same number of values."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    tail = next((i for i in range(shorter - head) if old[-1 - i] != new[-1 - i]), shorter - head)
    while head > 1 and (head + tail >= len(old) or head + tail >= len(new)):
        head -= 1  # a size of 1 that comes or goes is taken apart from, or merged with, what is before it
    while tail and (head + tail >= len(old) or head + tail >= len(new)):
        tail -= 1  # or with what is behind it, where the batch is before it
    return head, tail


@says("squeeze")
def squeeze(t: Translator, x: Operand, dim: Any = None) -> Operand:
    dims = range(len(x.shape)) if dim is None else [d % len(x.shape) for d in ((dim,) if isinstance(dim, int) else dim)]
    new = tuple(size for d, size in enumerate(x.shape) if d not in dims or size != 1)
    return x.shaped(new) if x.value is None else _reshape(t, x, new)


@says("expand_as")
def expand_as(t: Translator, x: Operand, other: Operand) -> Operand:
    return x.repeated(other.shape)


@says("expand")
def expand(t: Translator, x: Operand, *sizes: Any) -> Operand:
    new = tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], list | tuple) else sizes
    if len(new) != len(x.shape):
        raise Unsaid("this puts a dimension before the batch")
    return x.repeated(tuple(old if size == -1 else size for old, size in zip(x.shape, new, strict=True)))


@says("permute")
def permute(t: Translator, x: Operand, *dims: Any) -> Operand:
    order = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], list | tuple) else dims
    order = tuple(d % len(x.shape) for d in order)
    if order[0] != 0:
        raise Unsaid("this moves the batch: images are mixed", "dimension 0 stays where it is")
    return x if order == tuple(range(len(order))) else t.line("Permute", x, dims=order)


@says("transpose", "swapaxes", "swapdims")
def transpose(t: Translator, x: Operand, dim0: int, dim1: int) -> Operand:
    order = [*range(len(x.shape))]
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return permute(t, x, order)


@says("movedim", "moveaxis")
def movedim(t: Translator, x: Operand, source: int, destination: int) -> Operand:
    order = [*range(len(x.shape))]
    order.insert(destination % len(x.shape), order.pop(source))
    return permute(t, x, order)


@says("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(t: Translator, x: Operand, groups: int) -> Operand:
    return t.line("ChannelShuffle", x, groups=groups)
