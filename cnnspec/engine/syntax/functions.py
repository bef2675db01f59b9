"""The functions that expressions may call."""

from __future__ import annotations

import math
from collections.abc import Callable

from cnnspec.engine.syntax.expr import Value

MAX_DIGITS = 15


def make_divisible(value: float, divisor: int = 8, minimum: float | None = None) -> int:
    """The multiple of ``divisor`` nearest to ``value``, never more than a tenth below it (MobileNet's rule)."""
    rounded = max(minimum or divisor, int(value + divisor / 2) // divisor * divisor)
    return int(rounded + divisor if rounded < 0.9 * value else rounded)


def _round(value: float, digits: int = 0) -> int | float:
    if abs(digits) > MAX_DIGITS:
        raise ValueError(digits)  # round works out ten to that power
    return round(value, digits) if digits else round(value)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": lambda *values: min(*values) if len(values) > 1 else min(values[0]),
    "max": lambda *values: max(*values) if len(values) > 1 else max(values[0]),
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "len": len,
    "sum": sum,
    "sqrt": math.sqrt,
    "make_divisible": make_divisible,
}
