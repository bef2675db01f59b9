"""Joins of several tensors, and the layers that take one apart; their modules: cnnspec/pytorch/build/modules.py."""

from math import prod
from typing import Annotated, Any, NoReturn

from pydantic import Field

from cnnspec.engine.diagnostics.words import listing
from cnnspec.engine.layers.base import (
    EACH,
    ITS_INPUT,
    MAX_SIZE,
    NOTHING,
    ExtraSaved,
    Layer,
    NonNegative,
    Positive,
    arriving,
    described,
    many,
    setting,
)
from cnnspec.engine.layers.dependency import All, Reading
from cnnspec.engine.layers.known_as import OtherName
from cnnspec.engine.layers.shape import Shape, larger

SAME_RANK = "end all paths in maps, or all in flat vectors: put the `Flatten` after the join"
ALIGN = "give the paths equal strides, and paddings that keep their sizes equal"


class _Join(Layer):
    """Takes two or more tensors."""

    role = "join"
    inputs = None
    takes = ()
    gives = None
    saved_for_backward = NOTHING

    def infer(self, *xs: Shape) -> Shape:
        """The joined shape. Raises Refusal, whose ``dims`` are the dimensions that differ."""
        raise AssertionError("every join has a rule of its own")

    def check_ranks(self, xs: tuple[Shape, ...]) -> None:
        for x in xs[1:]:
            if len(x) != len(xs[0]):
                help = SAME_RANK if 1 in (len(x), len(xs[0])) else ""
                self.conflict(xs, x, self.ranks_differ(xs[0], x), help=help)

    def ranks_differ(self, x: Shape, other: Shape) -> str:
        return f"`{type(self).__name__}` needs tensors of the same rank, not {described(x)} and {described(other)}"

    def conflict(
        self, xs: tuple[Shape, ...], other: Shape, message: str, dims: tuple[int, ...] = (), help: str = ""
    ) -> NoReturn:
        shown = map(str, xs) if len(xs) < 5 else (str(xs[0]), "…", str(other), "…")
        label = f" {self.operator or '+'} ".join(shown)
        self.refuse("shape-mismatch", message, label=label, dims=dims, help=help)


class _Elementwise(_Join):
    """Joins equal shapes number by number; a size of 1 is repeated, as torch broadcasts."""

    def infer(self, *xs: Shape) -> Shape:
        self.check_ranks(xs)
        return Shape(self.broadcast(xs, dim) for dim in range(len(xs[0])))

    def broadcast(self, xs: tuple[Shape, ...], dim: int) -> int:
        """The one size that the tensors have along a dimension, those of size 1 aside."""
        size = xs[0][dim]
        for x in xs[1:]:
            if (x[dim] - size) * (x[dim] - 1) * (size - 1):  # neither equal, nor one of them 1
                self.unequal(xs, dim)
            size = larger(size, x[dim])
        return size

    def dependency(self, x: Shape, y: Shape) -> tuple[Reading, ...]:
        return tuple(All(1) if size < out else EACH for size, out in zip(x.sizes, y.sizes, strict=True))

    def channel_dependency(self, x: Shape, y: Shape) -> tuple[Reading, int]:
        return (All(1) if x[0] < y[0] else EACH), 0

    def unequal(self, xs: tuple[Shape, ...], dim: int) -> NoReturn:
        first = next(x for x in xs if x[dim] != 1)
        other = next(x for x in xs if x[dim] not in (1, first[dim]))
        values, help = f"{first[dim]} and {other[dim]}", ""
        if len(first) == 1:
            what = "features"
        elif dim == 0:
            what = "channels"
            help = "make both `out_channels` equal"
            if first.sizes == other.sizes:
                help += f", or use `Concat` to get {sum(x[0] for x in xs)} channels"
            if any(a != b and 1 not in (a, b) for a, b in zip(first.sizes, other.sizes, strict=True)):
                what, values, help = "channels and sizes", f"{first} and {other}", ALIGN
        else:
            what, values, help = "sizes", _sizes(first, other), ALIGN
        message = f"`{type(self).__name__}` needs equal shapes, but the {what} differ: {values}"
        a, b = first.plain(), other.plain()
        dims = tuple(d for d in range(dim, len(a)) if a[d] != b[d] and 1 not in (a[d], b[d]))
        self.conflict(xs, other, message, dims, help)


def _sizes(*xs: Shape) -> str:
    return listing(["×".join(map(str, x.sizes)) for x in xs])


class Add(_Elementwise):
    """The sum of its paths, from the first to the last. A size of 1 is repeated to fit."""

    known_as = (OtherName(("sum", "add", "eltwise")),)
    target = "cnnspec.pytorch.build.modules.Add"
    operator = label = "+"


class Multiply(_Elementwise):
    """The product of its paths, from the first to the last. A size of 1 is repeated to fit."""

    known_as = (OtherName(("mul", "multiply")),)
    target = "cnnspec.pytorch.build.modules.Multiply"
    saved_for_backward = ITS_INPUT
    operator = "*"
    label = "×"

    def extra_saved(self, xs: tuple[Shape, ...], y: Shape) -> ExtraSaved:
        """The products of the first paths, each a factor for the gradient of the next path."""
        products = (Shape(map(max, *xs[:end])) for end in range(2, len(xs)))
        return ExtraSaved(numbers=sum(product.elements for product in products))


class Concat(_Join):
    """Its paths stacked along the channels."""

    known_as = (OtherName(("concatenate", "cat", "concat", "route")),)
    target = "cnnspec.pytorch.build.modules.Concat"
    label = "concat"

    def infer(self, *xs: Shape) -> Shape:
        self.check_ranks(xs)
        for x in xs[1:]:
            if x.sizes != xs[0].sizes:
                dims = tuple(i for i in range(1, len(x)) if x[i] != xs[0][i])
                message = f"`Concat` needs equal heights and widths, but the sizes differ: {_sizes(xs[0], x)}"
                self.conflict(xs, x, message, dims, ALIGN)
        return Shape((sum(x[0] for x in xs), *xs[0].sizes))


class Slice(Layer):
    """Channels ``start`` to ``end`` (exclusive; without it, to the last)."""

    role = "slice"
    takes = ()
    gives = None
    target = "cnnspec.pytorch.build.modules.Slice"
    saved_for_backward = NOTHING
    start: NonNegative = 0
    end: NonNegative | None = None

    def infer(self, x: Shape) -> Shape:
        end = x[0] if self.end is None else self.end
        if end > x[0]:
            self.refuse(
                "slice",
                f"`end` is {end}, but {arriving(x[0], 'channel')}",
                argument="end",
                label=f"at most {x[0]}",
                dims=(0,),
                tries=(setting(end=x[0]),),
            )
        if self.start >= end:
            self.refuse(
                "slice",
                f"`start: {self.start}` and `end: {end}` select no channels",
                argument="start" if self.end is None else "end",
                label=f"{arriving(x[0], 'channel')}, numbered from 0",
                dims=(0,) if self.end is None else (),
            )
        return Shape((end - self.start, *x.sizes))

    def view(self, x: Shape, training: bool) -> range:
        end = x[0] if self.end is None else self.end
        return range(self.start * prod(x.sizes), end * prod(x.sizes))

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"start": self.start, "end": self.end}


class _Parts(Layer):
    """The channels of a tensor in several tensors, one behind the other, called `0`, `1`, …"""

    role = "split"
    takes = ()
    gives = None
    saved_for_backward = NOTHING

    def sections(self, x: Shape) -> tuple[int, ...]:
        """The channels of each part. Raises Refusal."""
        raise AssertionError("every layer of parts has a rule of its own")

    def infer(self, x: Shape) -> dict[str, Shape]:
        return {str(place): Shape((size, *x.sizes)) for place, size in enumerate(self.sections(x))}

    def of_output(self, x: Shape, place: int) -> Layer:
        sizes = self.sections(x)
        return Slice(start=sum(sizes[:place]), end=sum(sizes[: place + 1]))

    def views(self, x: Shape, training: bool) -> tuple[range | None, ...]:
        return tuple(self.of_output(x, place).view(x, training) for place in range(len(self.sections(x))))


class Split(_Parts):
    """Channels in parts of the stated sizes, or in parts of one size of which the last may be smaller."""

    target = "cnnspec.pytorch.build.modules.Split"
    label = "split"
    positional = ("split_size_or_sections",)
    split_size_or_sections: Positive | Annotated[tuple[Positive, ...], Field(min_length=2)]

    def sections(self, x: Shape) -> tuple[int, ...]:
        sizes = self.split_size_or_sections
        if isinstance(sizes, tuple):
            self.check_sum(sizes, x)
            return sizes
        if sizes >= x[0]:
            self.refuse(
                "too-few-channels",
                f"parts of {many(sizes, 'channel')} split nothing, because {arriving(x[0], 'channel')}",
                argument="split_size_or_sections",
                label=f"less than {x[0]}",
                dims=(0,),
            )
        return (*[sizes] * (x[0] // sizes), *([x[0] % sizes] if x[0] % sizes else []))

    def check_sum(self, sizes: tuple[int, ...], x: Shape) -> None:
        if sum(sizes) == x[0]:
            return
        rest = x[0] - sum(sizes[:-1])
        self.refuse(
            "split",
            f"the parts have {many(sum(sizes), 'channel')} in total, but {arriving(x[0], 'channel')}",
            argument="split_size_or_sections",
            label=f"together {x[0]}",
            note=f"{' + '.join(map(str, sizes))} = {sum(sizes)}",
            dims=(0,),
            tries=(setting(split_size_or_sections=(*sizes[:-1], rest)),) if rest > 0 else (),
        )


class Chunk(_Parts):
    """Channels in so many parts of one size, of which the last may be smaller."""

    target = "cnnspec.pytorch.build.modules.Chunk"
    label = "{chunks} chunks"
    positional = ("chunks",)
    chunks: Annotated[int, Field(ge=2, le=MAX_SIZE)]

    def sections(self, x: Shape) -> tuple[int, ...]:
        size = -(-x[0] // self.chunks)
        given = -(-x[0] // size)
        if given != self.chunks:
            self.refuse(
                "too-few-channels",
                f"{many(x[0], 'channel')} make {many(given, 'chunk')} of {size}, not {self.chunks}",
                argument="chunks",
                label=f"{given} at most" if given > 1 else f"{arriving(x[0])}",
                dims=(0,),
                tries=(setting(chunks=given),) if given > 1 else (),
            )
        return (*[size] * (given - 1), x[0] - size * (given - 1))
