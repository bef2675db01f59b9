"""The functions that expressions may call."""

from __future__ import annotations

import math
from collections.abc import Callable

from cnnspec.engine.syntax.expr import LayerName, Value

MAX_DIGITS = 15
MAX_LENGTH = 10_000  # of a list and of a text


class ListTooLong(Exception):
    """A list of more elements than a spec may have."""


def make_divisible(value: float, divisor: int = 8, minimum: float | None = None) -> int:
    """The multiple of ``divisor`` nearest to ``value``, never more than a tenth below it (MobileNet's rule)."""
    rounded = max(minimum or divisor, int(value + divisor / 2) // divisor * divisor)
    return int(rounded + divisor if rounded < 0.9 * value else rounded)


def _round(value: float, digits: int = 0) -> int | float:
    if abs(digits) > MAX_DIGITS:
        raise ValueError(digits)  # round works out ten to that power
    return round(value, digits) if digits else round(value)


def _range(*bounds: int) -> tuple[int, ...]:
    """The whole numbers from ``start`` (0) up to ``stop``, which is excluded, in steps of ``step`` (1)."""
    if not all(isinstance(bound, int) for bound in bounds):
        raise TypeError(bounds)
    numbers = range(*map(int, bounds))  # int() pins a size that `cnnspec inputs` follows
    if len(numbers) > MAX_LENGTH:
        raise ListTooLong
    return tuple(numbers)


def _str(value: Value) -> str:
    """The text that a number, a text or the name of a layer stands for inside another text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | LayerName):
        raise TypeError(value)
    return str(value)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": lambda *values: min(*values) if len(values) > 1 else min(values[0]),
    "max": lambda *values: max(*values) if len(values) > 1 else max(values[0]),
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "len": len,
    "range": _range,
    "str": _str,
    "sum": sum,
    "sqrt": math.sqrt,
    "make_divisible": make_divisible,
}
