"""The shape of a tensor, without its batch."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from msgspec import Struct


class Shape(tuple[int, ...]):
    """Sizes without the batch dimension: (channels, *sizes) of a map, (features,) of a flat vector.

    Prints as ``64×32×32``. The words are what expressions call ``in.channels``, ``in.height``, ``in.width``
    and ``in.features``; each is None where a tensor of this rank has no such size.
    """

    __slots__ = ()

    @property
    def channels(self) -> int | None:
        """The first size: dimension 1 of the batched tensor."""
        return self[0] if self else None

    @property
    def height(self) -> int | None:
        """The size before the last, of a map of two or three dimensions."""
        return self[-2] if len(self) > 2 else None

    @property
    def width(self) -> int | None:
        """The last size of a map."""
        return self[-1] if len(self) > 1 else None

    @property
    def features(self) -> int | None:
        """The last size, which Linear works on."""
        return self[-1] if self else None

    @property
    def sizes(self) -> tuple[int, ...]:
        """The spatial sizes: all but the channels."""
        return tuple(self[1:])

    @property
    def elements(self) -> int:
        """How many numbers a tensor of this shape holds for one image."""
        return prod(self)

    def plain(self) -> Shape:
        """The same sizes, for what a message works out from them: see ``plain``."""
        return Shape(plain(self))

    def __str__(self) -> str:
        return "×".join(map(str, self)) if self else "scalar"


class Output(Struct, frozen=True):
    """One value that a layer gives: its sizes after the batch, and its dtype by torch's name."""

    shape: Shape
    dtype: str = "float32"


def plain(sizes: Iterable[int]) -> tuple[int, ...]:
    """The sizes as bare numbers.

    cnnspec.engine.inputs gives layers sizes that record every condition on them, to find the inputs that a network
    accepts. A message that is computed from plain numbers adds no condition.
    """
    return tuple(map(int.__index__, sizes))


def larger(one: int, other: int) -> int:
    """The larger of two sizes. Of one that notes what it is asked, only whether it is below a bare number."""
    return max(other, one) if type(one) is int else max(one, other)
