"""Joins of several tensors, and the slice that takes one apart. Their modules stand in cnnspec/emit/modules.py."""

from __future__ import annotations

from typing import Any

from cnnspec.layers.base import Layer, NonNegative
from cnnspec.layers.shape import Shape


class _Join(Layer):
    """Takes two or more tensors."""

    inputs = None

    def infer(self, *xs: Shape) -> Shape:  # type: ignore[override]
        """The joined shape. Raises Refusal; ``JoinRefusal`` fields name the two that conflict."""
        raise AssertionError  # every join has its own rule

    def check_ranks(self, xs: tuple[Shape, ...]) -> None:
        for x in xs[1:]:
            if len(x) != len(xs[0]):
                self.conflict(xs, x, f"`{type(self).__name__}` joins tensors of one rank, not {xs[0]} and {x}", ())

    def conflict(self, xs: tuple[Shape, ...], other: Shape, message: str, dims: tuple[int, ...], help: str = "") -> None:
        label = " + ".join(map(str, xs)) if len(xs) < 5 else f"{xs[0]} + … + {other}"
        self.refuse("shape-mismatch", message, label=label, dims=dims, help=help)


class _Elementwise(_Join):
    """Joins equal shapes number by number; a size of 1 is repeated, as torch broadcasts."""

    def infer(self, *xs: Shape) -> Shape:  # type: ignore[override]
        self.check_ranks(xs)
        sizes = []
        for dim, along in enumerate(zip(*xs, strict=True)):
            wide = max(along)
            if any(size not in (1, wide) for size in along):
                self.unequal(xs, dim)
            sizes.append(wide)
        return Shape(sizes)

    def unequal(self, xs: tuple[Shape, ...], dim: int) -> None:
        first = next(x for x in xs if x[dim] != 1)
        other = next(x for x in xs if x[dim] not in (1, first[dim]))
        name = "channels differ" if dim == 0 else "sizes differ"
        pair = (first[dim], other[dim]) if dim == 0 else ("×".join(map(str, x.sizes)) for x in (first, other))
        a, b = pair
        message = f"`{type(self).__name__}` joins equal shapes, but the {name}: {a} and {b}"
        stack = sum(x[0] for x in xs)
        advice = f"make both `out_channels` equal, or join with `Concat` to stack them to {stack}"
        self.conflict(xs, other, message, (dim,), advice if dim == 0 and len(xs[0]) > 1 else "")


class Add(_Elementwise):
    """The sum of its paths, from the first to the last. A size of 1 is repeated to fit."""

    target = "cnnspec.emit.modules.Add"


class Multiply(_Elementwise):
    """The product of its paths, from the first to the last. A size of 1 is repeated to fit."""

    target = "cnnspec.emit.modules.Multiply"


class Concat(_Join):
    """Its paths stacked along the channels."""

    target = "cnnspec.emit.modules.Concat"

    def infer(self, *xs: Shape) -> Shape:  # type: ignore[override]
        self.check_ranks(xs)
        for x in xs[1:]:
            if x.sizes != xs[0].sizes:
                dim = next(i for i in range(1, len(x)) if x[i] != xs[0][i])
                sizes = " and ".join("×".join(map(str, s.sizes)) for s in (xs[0], x))
                self.conflict(xs, x, f"`Concat` joins maps of one size, but the sizes differ: {sizes}", (dim,))
        return Shape((sum(x[0] for x in xs), *xs[0].sizes))


class Slice(Layer):
    """Channels ``start`` to ``end`` (exclusive; without it, to the last)."""

    target = "cnnspec.emit.modules.Slice"
    start: NonNegative = 0
    end: NonNegative | None = None

    def infer(self, x: Shape) -> Shape:
        end = x[0] if self.end is None else self.end
        if end > x[0]:
            self.refuse("slice", f"there are only {x[0]} channels", argument="end", label=f"at most {x[0]}", dims=(0,))
        if self.start >= end:
            at = "start" if "start" in self.model_fields_set else "end"
            self.refuse("slice", f"channels {self.start} to {end} are none", argument=at, label="leaves nothing")
        return Shape((end - self.start, *x.sizes))

    def inferred(self, x: Shape) -> dict[str, Any]:
        return {"start": self.start, "end": self.end}
