"""Arguments turned into params: the literal becomes the default, and the argument names it."""

from __future__ import annotations

from random import Random
from typing import Any

from cnnspec.engine.layers import REGISTRY

SHARE = 0.3


def parametrize(random: Random, items: list[Any], params: dict[str, Any]) -> list[Any]:
    """The items with some of their arguments and types as ``$params``, whose defaults go into ``params``."""
    return [_item(random, item, params) for item in items]


def _item(random: Random, item: Any, params: dict[str, Any]) -> Any:
    if not isinstance(item, dict):
        return _lists(random, item, params)
    name = next((key for key in item if key in REGISTRY), None)
    body = item.get(name) if name else None
    if name is None or not isinstance(body, dict) or any(isinstance(value, list) for value in body.values()):
        return {key: _lists(random, value, params) for key, value in item.items()}
    values = {n: _value(random, value, params) for n, value in body.items()}
    if not values and random.random() < SHARE:
        return {f"${_new(params, name)}": {}} | {key: value for key, value in item.items() if key != name}
    return {key: values if key == name else value for key, value in item.items()}


def _lists(random: Random, value: Any, params: dict[str, Any]) -> Any:
    """The chains inside of a join, a scope or a group."""
    if isinstance(value, list):
        return parametrize(random, value, params)
    if isinstance(value, dict):
        return {key: _lists(random, inner, params) for key, inner in value.items()}
    return value


def _value(random: Random, value: Any, params: dict[str, Any]) -> Any:
    if random.random() > SHARE or type(value) not in (int, float, bool, tuple) or not _of_one_type(value):
        return value
    name = _new(params, value)
    return random.choice([f"${name}", f"$({name})"])


def _of_one_type(value: Any) -> bool:
    return not isinstance(value, tuple) or {type(v) for v in value} == {int}


def _new(params: dict[str, Any], value: Any) -> str:
    name = f"p{len(params)}"
    params[name] = value
    return name
