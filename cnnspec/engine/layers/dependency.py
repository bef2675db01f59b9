"""Which places of its input a layer reads for each place of its output, along one dimension.

    Window, Unwindow   convolutions, pools, paddings            (cnnspec/engine/layers/window.py)
    All                a softmax, a linear layer along a map, a size that is repeated to fit
    Portions           adaptive pools
    Sampled            interpolation, and channels that become places
    Digit              one of several dimensions that Flatten makes one

Receptive fields are made of these (cnnspec/engine/network/receptive_field.py).
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, gcd
from typing import Protocol

from msgspec import Struct


class Reading(Protocol):
    """``reads(place)`` are places of the input, in rising order and evenly spaced; those outside of it are padding."""

    @property
    def period(self) -> tuple[int, int] | None:
        """So many places further in the output, all reads are so many further in the input; None: never so."""

    def reads(self, place: int) -> range:
        """The places that a place of the output is made of."""


class All(Struct, frozen=True):
    """Every place is made of all ``size`` places."""

    size: int
    period = (1, 0)

    def reads(self, place: int) -> range:
        return range(self.size)


class Portions(Struct, frozen=True):
    """``size`` places dealt out to ``places``, as adaptive pools do it: evenly, with overlap where they do not divide.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html; the bounds of a portion are
    those of ATen/native/AdaptivePooling.h.
    """

    size: int
    places: int

    @property
    def period(self) -> tuple[int, int]:
        by = gcd(self.size, self.places)
        return self.places // by, self.size // by

    def reads(self, place: int) -> range:
        return range(place * self.size // self.places, -(-(place + 1) * self.size // self.places))


class Sampled(Struct, frozen=True):
    """The input read at ``place · ratio + offset``: there, or between its neighbours.

    ``around``: None takes the place below; 1 the two places on either side; 2 four of them. A coordinate that is a
    whole number is read alone, for interpolation gives its neighbours no weight.
    """

    ratio: Fraction
    offset: Fraction = Fraction(0)
    around: int | None = None

    @property
    def period(self) -> tuple[int, int]:
        return self.ratio.denominator, self.ratio.numerator

    def reads(self, place: int) -> range:
        at = place * self.ratio + self.offset
        if self.around is None or at.denominator == 1:
            return range(floor(at), floor(at) + 1)
        return range(ceil(at) - self.around, floor(at) + self.around + 1)


class Digit(Struct, frozen=True):
    """Places counted through several dimensions, row by row: the coordinate along one of ``size``.

    ``inner`` is the product of the sizes behind it.
    """

    size: int
    inner: int
    period = None

    def reads(self, place: int) -> range:
        at = place // self.inner % self.size
        return range(at, at + 1)
