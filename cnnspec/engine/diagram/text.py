"""Text whose numbers can be told apart, so that blocks of one form and of other sizes are drawn once.

Number(sort, value)      64, or 64…224 in copies that grow
Text                     ("", Number(KERNEL, 3), "×", Number(KERNEL, 3), " conv", Number(CHANNELS, 64, ", "))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnspec.engine.layers import Shape

CHANNELS = "channels"
SIZE = "size"
KERNEL = "kernel"
STRIDE = "stride"
COUNT = "count"
GROUPS = "groups"
RATE = "rate"  # of dropout: where it differs, it is left out
ACTIVATION = "activation"  # a name, which may differ as numbers do


Value = int | float | str


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a label, or a name. ``before`` is written in front of it, ``default`` goes without saying.

    ``last`` is another number where copies that are drawn as one have a row of numbers from ``value`` to it.
    """

    sort: str
    value: Value
    before: str = ""
    default: int | None = None
    last: Value | None = None

    @property
    def values(self) -> tuple[Value, Value]:
        return self.value, self.value if self.last is None else self.last

    def __str__(self) -> str:
        if self.last is not None:
            return "" if self.sort == RATE else f"{self.before}{self.value}…{self.last}"
        return "" if self.value == self.default else f"{self.before}{self.value}"


Text = tuple[str | Number, ...]


def said(text: Text) -> str:
    """A text as it is read."""
    return "".join(map(str, text))


def form(text: Text) -> tuple[object, ...]:
    """A text without its numbers."""
    return tuple(part if isinstance(part, str) else (part.sort, part.before) for part in text)


def shape_text(shape: Shape) -> Text:
    """``64×56×56``."""
    if not shape:
        return ("scalar",)
    sizes: list[str | Number] = [Number(CHANNELS, shape[0])]
    for size in shape[1:]:
        sizes += ["×", Number(SIZE, size)]
    return tuple(sizes)


def merged(numbers: Sequence[Number]) -> Number:
    """One number for those of copies in a row, which are equal or grow by equal steps."""
    first, last = numbers[0], numbers[-1]
    return first if first.values == last.values else replace(first, last=last.values[1])
