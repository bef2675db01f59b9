"""Numbers written as expressions."""

from __future__ import annotations

from random import Random
from typing import Any

from cnnspec.engine.layers import Shape


def computed(random: Random, arguments: dict[str, Any], x: Shape) -> dict[str, Any]:
    """The arguments, some whole numbers among them as expressions over the shape that arrives."""
    return {name: _written(random, value, x) if random.random() < 0.25 else value for name, value in arguments.items()}


def _written(random: Random, value: Any, x: Shape) -> Any:
    if type(value) is not int:
        return value
    known = {
        "$(in.channels)": x[0],
        "$(in.channels * 2)": 2 * x[0],
        "$(in.channels // 2)": x[0] // 2,
        "$(in.channels - 1)": x[0] - 1,
        "$(in.channels ** 2)": x[0] ** 2,
        "$(2 ** len(range(1, 4)))": 8,
        "$(in.features)": x[-1],
        "$(make_divisible(in.channels, 8))": 8,
        "$(len([1, 2]))": 2,
        "$(1 if in.channels > 2 else 2)": 1 if x[0] > 2 else 2,
    }
    if len(x) > 2:
        known |= {"$(in.height)": x[-2], "$(min(in.height, in.width))": min(x[-2:]), "$(in.width - 1)": x[-1] - 1}
    fits = [text for text, number in known.items() if number == value]
    return random.choice(fits) if fits else f"$({value + 1} - 1)"
