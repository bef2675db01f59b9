"""Values as Python writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.source.text import Doc, Prefixed, Text, call, tuple_of
from cnnspec.engine.syntax import LayerName

Point = tuple[int, ...]  # which instance of a class, and the round of each loop below it
Slot = Mapping[Point, Any]  # the values that stand at one place of the source
OURS = "cnnspec.pytorch.build.modules."


@dataclass(frozen=True, slots=True)
class Type:
    """A layer type as a value, with the arguments that it brings along."""

    name: str
    arguments: tuple[tuple[str, Any], ...] = ()


def frozen(value: Any) -> Any:
    """The value with what it holds made comparable: layers by their arguments as well."""
    if isinstance(value, LayerName):
        brought = value.args or {}
        return Type(value.name, tuple((name, frozen(argument.value)) for name, argument in brought.items()))
    return tuple(map(frozen, value)) if isinstance(value, tuple | list) else value


def same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: 1, 1.0 and True are three values."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def only(slot: Slot) -> Any:
    """The first of the values."""
    return next(iter(slot.values()))


def is_constant(slot: Slot) -> bool:
    """Whether all values are one."""
    return holds(slot, only(slot))


def holds(slot: Slot, value: Any) -> bool:
    """Whether every value is this one."""
    return all(same(each, value) for each in slot.values())


def literal(value: Any) -> Doc:
    """A value as code."""
    match value:
        case str():
            return Text(quoted(value))
        case float():
            return Text(re.sub(r"e([-+])0*", lambda m: f"e{m[1].strip('+')}", repr(value)))
        case tuple():
            return tuple_of(map(literal, value))
        case Type(name, ()):
            return Text(type_name(name))
        case Type(name, arguments):
            brought = (Prefixed(f"{argument}=", literal(value)) for argument, value in arguments)
            return call("partial", Text(type_name(name)), *brought)
    return Text(repr(value))


def quoted(text: str) -> str:
    """A text in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def type_name(name: str) -> str:
    """What a layer type is called in the source: torch.nn's by its module."""
    layer = REGISTRY.get(name)
    if layer is None:
        return name
    package, _, title = (layer.target or f"torch.nn.{name}").rpartition(".")
    if package == "torch.nn":
        return f"nn.{title}"
    return title if package == OURS.removesuffix(".") else name  # which is imported under that name


def annotation(values: Iterable[Any]) -> str:
    """The type hint for an argument that has these values."""
    kinds = dict.fromkeys(map(_kind, values))
    if "float" in kinds:
        kinds.pop("int", None)
    words = [kind for kind in kinds if kind != "None"]
    return " | ".join([*words, *(["None"] if "None" in kinds else [])])


def _kind(value: Any) -> str:
    match value:
        case None:
            return "None"
        case Type():
            return "Callable[..., nn.Module]"
        case tuple():
            inner = dict.fromkeys(map(_kind, value))
            return f"tuple[{' | '.join(inner) or 'int'}, ...]"
    return type(value).__name__
