"""What is known of the inputs of a network: which it accepts, and which lines decide that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

from cnnspec.diagnostics import Sink, Span
from cnnspec.inputs.region import Region
from cnnspec.inputs.sizes import Sizes
from cnnspec.layers import Shape
from cnnspec.network import expand
from cnnspec.spec import Spec


@dataclass(frozen=True, slots=True)
class Constraint:
    """What one line asks of an input: ``inputs`` meet it; ``why`` is what it says to ``refused``, which does not."""

    inputs: Region
    span: Span
    code: str
    why: str
    refused: Shape


@dataclass(frozen=True, slots=True)
class Weights:
    """A layer whose tensors have other shapes for other inputs, so that trained ones fit only some."""

    key: str
    type: str
    span: Span


@dataclass(frozen=True)
class Inputs:
    """The inputs that a network accepts, channels aside.

    ``names`` are those of the sizes (height and width, of a map); ``accepted`` the inputs that are known to be sound
    and ``unknown`` those that could not be looked at, because a line in ``unfollowed`` makes something of a size that
    is no function of it, or because there were too many cases. ``weights`` lists the layers whose weights depend on the
    size, and ``fits`` the inputs for which they are those of the stated one (None where that is not accepted).
    """

    spec: Spec
    names: tuple[str, ...]
    stated: Shape
    accepted: Region
    unknown: Region
    constraints: tuple[Constraint, ...]
    unfollowed: tuple[Span, ...] = ()
    weights: tuple[Weights, ...] = ()
    fits: Region | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every input is known to be accepted or refused."""
        return not self.unknown

    @cached_property
    def smallest(self) -> tuple[int, ...] | None:
        """The accepted sizes with the fewest elements, of two such the squarer; None where none is accepted."""
        corners = [tuple(sizes.smallest for sizes in box) for box in self.accepted.boxes]
        return min(corners, key=lambda corner: (prod(corner), max(corner), corner), default=None)

    def shape(self, sizes: tuple[int, ...]) -> Shape:
        """An input of these sizes, with its channels."""
        return Shape((*self.stated[: len(self.stated) - len(self.names)], *sizes))

    def accepts(self, *sizes: int) -> bool:
        """Whether an input of these sizes is sound; one that is not known is checked."""
        if sizes in self.unknown:
            sink = Sink()
            expand(self.with_input(sizes), sink)
            return not len(sink)
        return sizes in self.accepted

    def accepts_from(self, size: int) -> bool:
        """Whether every input is known to be accepted whose sizes are all ``size`` or more."""
        up = Sizes(0, size, 1, 1)
        return Region(len(self.names), ((up,) * len(self.names),)) <= self.accepted

    def with_input(self, sizes: tuple[int, ...]) -> Spec:
        """The spec with an input of these sizes."""
        from dataclasses import replace

        return replace(self.spec, input_override=tuple(self.shape(sizes)))
