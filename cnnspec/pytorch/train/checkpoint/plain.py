"""Python's values <-> JSON, so that what comes back is equal in type, too.

    (0.9, 0.999)        {"()": [0.9, 0.999]}                a tuple, such as Adam's betas
    {80: 1}             {"{}": [[80, 1]]}                   a mapping whose keys are no texts
    Counter({80: 1})    {"Counter": [[80, 1]]}              such as the milestones of MultiStepLR
    inf, -inf, nan      {"float": "inf"}                    such as the best loss before the first

A mapping of texts is an object of JSON; one that has a single key of those above is written as pairs.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

TUPLE, PAIRS, COUNTER, FLOAT = "()", "{}", "Counter", "float"
MARKS = (TUPLE, PAIRS, COUNTER, FLOAT)


def encode(values: Mapping[str, Any]) -> bytes:
    """Values as JSON. Raises TypeError for what has no form in it."""
    return json.dumps(_marked(values), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def decode(data: bytes) -> dict[str, Any]:
    """The values of JSON that ``encode`` wrote. Raises ValueError for anything else."""
    try:
        found = _unmarked(json.loads(data, parse_constant=_refuse))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if type(found) is not dict:
        raise ValueError("it is no mapping")
    return found


def _marked(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else {FLOAT: str(value)}
        case list():
            return [_marked(each) for each in value]
        case tuple():
            return {TUPLE: [_marked(each) for each in value]}
        case Mapping():
            return _mapping(value)
    raise TypeError(f"a checkpoint holds no {type(value).__name__}")


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    mark = COUNTER if isinstance(value, Counter) else PAIRS
    if mark == PAIRS and all(type(key) is str for key in value) and not _is_mark(value):
        return {key: _marked(each) for key, each in value.items()}
    return {mark: [[_marked(key), _marked(each)] for key, each in value.items()]}


def _is_mark(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in MARKS


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(each) for each in value]
    if not isinstance(value, dict):
        return value
    if not _is_mark(value):
        return {key: _unmarked(each) for key, each in value.items()}
    [(mark, held)] = value.items()
    return _restored(mark, held)


def _restored(mark: str, held: Any) -> Any:
    if mark == FLOAT and held in ("inf", "-inf", "nan"):
        return float(held)
    if mark == TUPLE and isinstance(held, list):
        return tuple(_unmarked(each) for each in held)
    if mark in (PAIRS, COUNTER) and isinstance(held, list):
        return _pairs(Counter() if mark == COUNTER else {}, held)
    raise ValueError(f"what stands under `{mark}` is not what it says")


def _pairs(into: dict[Any, Any], pairs: list[Any]) -> dict[Any, Any]:
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError("a pair is no pair")
        key, value = map(_unmarked, pair)
        try:
            into[key] = value
        except TypeError:
            raise ValueError("a key is no key") from None
    return into


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
