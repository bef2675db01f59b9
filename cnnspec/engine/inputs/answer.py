"""What is known of the inputs of a network: which it accepts, and which lines decide that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from math import prod

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Sink, Span
from cnnspec.engine.inputs.built import Built
from cnnspec.engine.inputs.region import Region
from cnnspec.engine.inputs.sizes import Sizes, sizes
from cnnspec.engine.inputs.trace import Axes, Read
from cnnspec.engine.inputs.weights import Weights
from cnnspec.engine.layers import Shape
from cnnspec.engine.network import expand
from cnnspec.engine.spec import Spec


class Several(Shape):
    """The sizes of several inputs in a row. Prints as ``image 3×64×64, mask 1×64×64``."""

    parts: Mapping[str, Shape]

    def __str__(self) -> str:
        return ", ".join(f"{name} {part}" for name, part in self.parts.items())


def together(inputs: Mapping[str, Shape]) -> Shape:
    """What arrives: the shape of one input, or those of several in a row."""
    if len(inputs) == 1:
        return next(iter(inputs.values()))
    made = Several(size for shape in inputs.values() for size in shape)
    made.parts = inputs
    return made


def at(stated: Shape, axes: Axes, sizes: Sequence[int]) -> Shape:
    """What arrives where the sizes along the axes are others than those that are stated."""
    own = {place: size for places, size in zip(axes, sizes, strict=True) for place in places}
    flat = [own.get(axis, size) for axis, size in enumerate(stated)]
    if not isinstance(stated, Several):
        return Shape(flat)
    row = iter(flat)
    return together({name: Shape(islice(row, len(part))) for name, part in stated.parts.items()})


def point(at: Sequence[int]) -> Region:
    """One input alone."""
    return Region(len(at), (tuple(sizes(1 << size, size + 1, 1, 0) for size in at),))


def smallest(region: Region) -> tuple[int, ...] | None:
    """The sizes with the fewest elements, of two such the squarer."""
    corners = [tuple(sizes.smallest for sizes in box) for box in region.boxes]
    return min(corners, key=lambda corner: (prod(corner), max(corner), corner), default=None)


@dataclass(frozen=True, slots=True)
class Constraint:
    """What one line asks of an input: ``inputs`` meet it; ``why`` is what it says to ``refused``, which does not."""

    inputs: Region
    span: Span
    code: str
    why: str
    refused: Shape


@dataclass(frozen=True)
class Inputs:
    """The inputs that a network accepts, channels aside.

    ``accepted`` are those that the network takes as it is built for the stated one: where an expression reads a size
    (``fixed``), that is fixed with it, and ``restated`` are the inputs that the spec accepts in place of the stated
    one, for which another network is built. Where no expression does, both are the same.

    ``names`` are those of the sizes (height and width, of a map) and ``axes`` their places among all that the spec
    states, of several inputs in a row: those of inputs that state equal sizes vary together. ``accepted`` and
    ``restated`` are known to be sound, and ``unknown`` are the inputs that could not be looked at, because a line in
    ``unfollowed`` makes something of a size that is no function of it, or because there were too many cases.
    ``weights`` lists the layers whose weights depend on the size, and ``fits`` the inputs for which they are those of
    the stated one (None where that is not accepted).
    """

    spec: Spec
    names: tuple[str, ...]
    axes: Axes
    stated: Shape
    accepted: Region
    unknown: Region
    constraints: tuple[Constraint, ...]
    unfollowed: tuple[Span, ...] = ()
    weights: tuple[Weights, ...] = ()
    fits: Region | None = None
    restated: Region = field(default_factory=lambda: Region(0, ()))
    restated_unknown: Region = field(default_factory=lambda: Region(0, ()))
    fixed: tuple[Read, ...] = ()
    built: Built | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every input is known to be accepted or refused."""
        return not self.unknown

    @cached_property
    def smallest(self) -> tuple[int, ...] | None:
        """The accepted sizes with the fewest elements, of two such the squarer; None where none is accepted."""
        return smallest(self.accepted)

    @property
    def is_only_stated(self) -> bool:
        """Whether the stated input is the only one that is accepted."""
        return self.is_complete and self.accepted == point(self.own)

    def shape(self, sizes: tuple[int, ...]) -> Shape:
        """An input of these sizes, with its channels."""
        return at(self.stated, self.axes, sizes)

    @property
    def own(self) -> tuple[int, ...]:
        """The sizes that the spec states."""
        return tuple(self.stated[places[0]] for places in self.axes)

    def accepts(self, *sizes: int) -> bool:
        """Whether the network takes an input of these sizes as it is built; one that is not known is checked."""
        if self.built is None:
            return self.accepts_restated(*sizes)
        shape = self.shape(sizes)
        return self.built.takes(tuple(shape.parts.values()) if isinstance(shape, Several) else (shape,))

    def accepts_restated(self, *sizes: int) -> bool:
        """Whether the spec accepts an input of these sizes in place of the one that it states."""
        if sizes in self.restated_unknown:
            sink = Sink()
            expand(self.with_input(sizes), sink, training=False)
            return not len(sink)
        return sizes in self.restated

    def accepts_from(self, size: int) -> bool:
        """Whether every input is known to be accepted whose sizes are all ``size`` or more."""
        up = Sizes(0, size, 1, 1)
        return Region(len(self.names), ((up,) * len(self.names),)) <= self.accepted

    def with_input(self, sizes: tuple[int, ...]) -> Spec:
        """The spec with an input of these sizes."""
        shape = self.shape(sizes)
        given = (
            {name: tuple(part) for name, part in shape.parts.items()} if isinstance(shape, Several) else tuple(shape)
        )
        return replace(self.spec, input_override=given)
