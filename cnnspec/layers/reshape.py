"""Layers that change the shape of a tensor or the order of its channels, and no value."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field

from cnnspec.layers.along import dimension, own_dimension
from cnnspec.layers.base import Layer, Positive, Try, Whole, setting, shown
from cnnspec.layers.shape import Shape


class Flatten(Layer):
    """All values of each image in a row, or dimensions ``start_dim`` to ``end_dim`` made one."""

    start_dim: Whole = 1
    end_dim: Whole = -1

    def infer(self, x: Shape) -> Shape:
        first, last = dimension(self, "start_dim", x), dimension(self, "end_dim", x)
        if first > last:
            self.refuse(
                "empty-range",
                f"`start_dim` is dimension {first}, which comes after `end_dim`, dimension {last}",
                argument="start_dim" if "start_dim" in self.model_fields_set else "end_dim",
                label=f"a batch of {x} has dimensions 0 to {len(x)}",
                tries=(setting(end_dim=-1),),
            )
        if first == last:
            return x
        first = own_dimension(self, "start_dim", x, "merges")
        return Shape((*x[: first - 1], prod(x[first - 1 : last]), *x[last:]))


class Unflatten(Layer):
    """One dimension made several; one of their sizes may be -1 and follows from the others."""

    dim: Whole
    unflattened_size: Annotated[tuple[Positive | Literal[-1], ...], Field(min_length=1)]

    def infer(self, x: Shape) -> Shape:
        dim = own_dimension(self, "dim", x, "takes apart")
        return Shape((*x[: dim - 1], *self.parts(x[dim - 1], dim - 1), *x[dim:]))

    def parts(self, size: int, dim: int) -> tuple[int, ...]:
        """The sizes that a dimension of ``size`` falls into."""
        sizes = self.unflattened_size
        stated = prod(part for part in sizes if part != -1)
        if sizes.count(-1) > 1:
            self.refuse(
                "unflatten",
                f"`unflattened_size` is {shown(sizes)}, and only one size can follow from the others",
                argument="unflattened_size",
                label="one -1 at most",
            )
        if size % stated or (-1 not in sizes and size != stated):
            self.refuse(
                "unflatten",
                f"{size} values do not fill {shown(sizes)}",
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

    ranks = (2, 3, 4)
    groups: Positive

    def infer(self, x: Shape) -> Shape:
        self.check_rank(x)
        self.check_divides("groups", x[0], "channels", (0,))
        return x


class Identity(Layer):
    """Its input, unchanged."""
