"""Layers that change the shape of a tensor or the order of its channels, and no value."""

from math import prod
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, NoReturn

from pydantic import Field

from cnnspec.engine.layers.base import EACH, NOTHING, Layer, Positive, Role, Try, Whole, described, many, setting, shown
from cnnspec.engine.layers.dependency import All, Digit, Reading
from cnnspec.engine.layers.dimension import dimension, own_dimension
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape


class _View(Layer):
    """The numbers of its input, none of them copied."""

    role: ClassVar[Role | None] = "reshape"
    takes = ()
    gives = None
    saved_for_backward = NOTHING

    def view(self, x: Shape, training: bool) -> range:
        return range(x.elements)


class Flatten(_View):
    """All values of each image in a row, or dimensions ``start_dim`` to ``end_dim`` made one."""

    known_as = (OtherName(("view",)),)
    function = "torch.flatten"
    function_defaults = MappingProxyType({"start_dim": 0})  # the batch
    label = "flatten"
    start_dim: Whole = 1
    end_dim: Whole = -1

    def infer(self, x: Shape) -> Shape:
        first, last = dimension(self, "start_dim", x), dimension(self, "end_dim", x)
        if first > last:
            self.refuse(
                "empty-range",
                f"`start_dim` is dimension {first}, which is after `end_dim`, dimension {last}",
                argument="start_dim" if "start_dim" in self.model_fields_set else "end_dim",
                label=f"a batch of {x} has dimensions 0 to {len(x)}",
                tries=(setting(end_dim=-1),),
            )
        if first == last:
            return x
        first = own_dimension(self, "start_dim", x, "merges")
        return Shape((*x[: first - 1], prod(x[first - 1 : last]), *x[last:]))

    def merged(self, x: Shape) -> range:
        """The dimensions of the input that are made one, its channels being 0."""
        return range(dimension(self, "start_dim", x) - 1, dimension(self, "end_dim", x))

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        return tuple(self.read_along(dim, x) for dim in range(1, len(x)))

    def read_along(self, dim: int, x: Shape) -> Reading:
        merged = self.merged(x)
        if dim not in merged or len(merged) == 1:
            return EACH
        return Digit(x[dim], prod(x[dim + 1 : merged.stop])) if merged.start else All(x[dim])

    def axis_map(self, x: Shape, y: Shape) -> tuple[int, ...]:
        merged = self.merged(x)
        return tuple(
            merged.start if dim in merged else dim - max(len(merged) - 1, 0) * (dim >= merged.stop)
            for dim in range(1, len(x))
        )


class Unflatten(_View):
    """One dimension made several; one of their sizes may be -1 and follows from the others."""

    known_as = (OtherName(("reshape",)),)
    positional = ("dim", "unflattened_size")
    label = "unflatten"
    dim: Whole
    unflattened_size: Annotated[tuple[Positive | Literal[-1], ...], Field(min_length=1)]

    def infer(self, x: Shape) -> Shape:
        dim = own_dimension(self, "dim", x, "takes apart")
        return Shape((*x[: dim - 1], *self.parts(x[dim - 1], dim - 1), *x[dim:]))

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        """A place of a dimension that is taken apart has no coordinate of its own: every part reads all of them."""
        taken = self.taken_apart(x, y)
        return tuple(All(x[dim]) if dim == taken else EACH for dim in range(1, len(x)))

    def axis_map(self, x: Shape, y: Shape) -> tuple[int, ...]:
        taken, more = self.taken_apart(x, y), len(y) - len(x)
        if taken is None:
            return super().axis_map(x, y)
        return tuple(0 if dim == taken else dim + more * (dim > taken) for dim in range(1, len(x)))

    def taken_apart(self, x: Shape, y: Shape) -> int | None:
        """The dimension of the input that becomes several, its channels being 0."""
        return None if len(y) == len(x) else dimension(self, "dim", x) - 1

    def parts(self, size: int, dim: int) -> tuple[int, ...]:
        """The sizes that a dimension of ``size`` falls into."""
        sizes = self.unflattened_size
        stated = prod(part for part in sizes if part != -1)
        if sizes.count(-1) > 1:
            self.refuse(
                "unflatten",
                f"`unflattened_size` is {shown(sizes)}, but only one size can be -1",
                argument="unflattened_size",
                label="at most one -1",
            )
        if size % stated or (-1 not in sizes and size != stated):
            self.refuse(
                "unflatten",
                f"{many(size, 'value')} cannot fill {shown(sizes)}",
                argument="unflattened_size",
                label=f"must multiply to {size}" if -1 not in sizes else f"must divide {size}",
                note=f"{'·'.join(str(part) for part in sizes if part != -1)} = {stated}",
                dims=(dim,),
                tries=_inferred(sizes, size),
            )
        return tuple(size // stated if part == -1 else part for part in sizes)


def _inferred(sizes: tuple[int, ...], size: int) -> tuple[Try, ...]:
    """The first size left to follow from the others, where they divide."""
    rest = prod(sizes[1:])
    return () if -1 in sizes or size % rest else (setting(unflattened_size=(-1, *sizes[1:])),)


class ChannelShuffle(Layer):
    """Channels dealt out anew: the first of each group, then the second of each."""

    role = "shuffle"
    label = "channel shuffle, groups {groups}"
    positional = ("groups",)
    function = "torch.nn.functional.channel_shuffle"
    saved_for_backward = NOTHING
    ranks = (2, 3, 4)
    groups: Positive

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        self.check_divides("groups", x[0], "channel", (0,))
        return x


class Permute(_View):
    """The dimensions in another order: dimension ``dims[i]`` of the input, the batch being 0, comes at place i."""

    positional = ("dims",)
    label = "permute"
    target = "torchvision.ops.Permute"
    reorders = True
    dims: Annotated[tuple[Whole, ...], Field(min_length=1)]

    def infer(self, x: Shape) -> Shape:
        if len(self.dims) != len(x) + 1:
            self.wrong(
                f"`dims` has {many(len(self.dims), 'dimension')}, but the input has {len(x) + 1}, including the batch",
                x,
            )
        for dim in self.dims:
            if not -len(x) - 1 <= dim <= len(x):
                self.wrong(f"there is no dimension {dim}: dimensions go from 0, the batch, to {len(x)}", x)
        if len(set(self.order(x))) < len(self.dims):
            self.wrong(f"`dims` is {shown(self.dims)}, which names a dimension twice", x)
        if self.order(x)[0] != 0:
            self.refuse(
                "mixes-batch",
                "`Permute` moves dimension 0, which is the batch",
                argument="dims",
                label="does not start with 0",
                tries=(setting(dims=(0, *(dim for dim in self.order(x) if dim))),),
            )
        return Shape(x[dim - 1] for dim in self.order(x)[1:])

    def order(self, x: Shape) -> tuple[int, ...]:
        """``dims`` without negative ones."""
        return tuple(dim % (len(x) + 1) for dim in self.dims)

    def wrong(self, message: str, x: Shape) -> NoReturn:
        self.refuse(
            "bad-order",
            message,
            argument="dims",
            label=f"gets {described(x)}",
            tries=(setting(dims=(0, *range(2, len(x) + 1), 1)),),
        )

    def axis_map(self, x: Shape, y: Shape) -> tuple[int, ...]:
        return tuple(self.order(x).index(dim + 1) - 1 for dim in range(1, len(x)))

    def channel_dependency(self, x: Shape, y: Shape) -> tuple[Reading, int]:
        return EACH, self.order(x).index(1) - 1


class Identity(_View):
    """Its input, unchanged."""

    role = "identity"
    label = "identity"
    passes_in_evaluation = True
    channelwise = True
