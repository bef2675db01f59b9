"""Argument values drawn from annotations by a ``random.Random``: the same ones that tests/layers/samples.py draws."""

from __future__ import annotations

from random import Random
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from cnnspec.engine.layers import Layer
from tests.layers.samples import KNOWN, NUMBERS, WHOLE, annotation, within


def draw(random: Random, wanted: Any) -> Any:
    """A small value that an annotation admits."""
    base, bounds = wanted, []
    if get_origin(wanted) is Annotated:
        base, *extras = get_args(wanted)
        bounds = [bound for extra in extras for bound in getattr(extra, "metadata", [extra])]
    if base in (None, NoneType):
        return None
    if base is bool:
        return random.choice((False, True))
    if base in (int, float):
        return random.choice([v for v in (WHOLE if base is int else NUMBERS) if all(within(v, b) for b in bounds)])
    if get_origin(base) is Literal:
        return random.choice(get_args(base))
    if get_origin(base) in (Union, UnionType):
        return draw(random, random.choice(get_args(base)))
    return _tuple(random, get_args(base), bounds)


def _tuple(random: Random, members: tuple[Any, ...], bounds: list[Any]) -> tuple[Any, ...]:
    if members[-1] is not Ellipsis:
        return tuple(draw(random, member) for member in members)
    most = next((bound.max_length for bound in bounds if hasattr(bound, "max_length")), 3)
    return tuple(draw(random, members[0]) for _ in range(random.randint(1, most)))


def arguments(random: Random, layer: type[Layer], wanted: str | None = None) -> dict[str, Any]:
    """Every required argument, ``wanted``, and some of the others."""
    fields = layer.model_fields
    chosen = [n for n, f in fields.items() if f.is_required() or n == wanted or random.random() < 0.25]
    known = {name: KNOWN.get((layer.__name__, name)) for name in chosen}
    return {n: random.choice(known[n] or ()) if known[n] else draw(random, annotation(fields[n])) for n in chosen}
