"""What an argument takes, in the words of a message: ``a positive whole number, or a list of 2``."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from cnnspec.engine.layers.base import MAX_NUMBER, MAX_SIZE

PLAIN = {bool: "true or false", str: "a text", int: "a whole number", float: "a number"}


def takes(annotation: Any) -> str:
    """Words for the values that an annotation admits.

    A bare None is not mentioned, for leaving the argument out says the same; ``Null`` is, as a value of its own.
    """
    return _either(_options(annotation))


def _options(annotation: Any) -> list[str]:
    """The alternatives of an annotation in words: values, lists of them, then words that are written as they are."""
    values, lists, ends = [], [], []
    for option in alternatives(annotation):
        base, bounds = bounds_of(option)
        if get_origin(base) is tuple:
            lists.append(_list(base, bounds, alternatives(annotation)))
        elif get_origin(base) is Literal:
            ends += [f"`{value}`" for value in get_args(base)]
        elif base in (None, NoneType):
            ends += ["`null`"] if get_origin(option) is Annotated else []
        else:
            values.append(_number(base, bounds))
    return values + lists + ends


def _either(options: list[str]) -> str:
    """``a, b or c``, with a comma before the last where that is a list."""
    *first, last = options
    if not first:
        return last
    comma = "," if len(first) == 1 and last.startswith("a list") else ""
    return f"{', '.join(first)}{comma} or {last}"


def alternatives(annotation: Any) -> list[Any]:
    """The members of a union, however deep; anything else is its own only member."""
    if get_origin(annotation) in (Union, UnionType):
        return [member for option in get_args(annotation) for member in alternatives(option)]
    return [annotation]


def bounds_of(annotation: Any) -> tuple[Any, dict[str, Any]]:
    """A type without its ``Annotated``, and the bounds that stood there."""
    if get_origin(annotation) is not Annotated:
        return annotation, {}
    base, *extras = get_args(annotation)
    bounds = [bound for extra in extras for bound in getattr(extra, "metadata", [extra])]
    names = ("ge", "gt", "le", "lt", "min_length", "max_length")
    return base, {name: getattr(bound, name) for bound in bounds for name in names if hasattr(bound, name)}


def _number(kind: Any, bounds: dict[str, Any]) -> str:
    noun = PLAIN[kind]
    low, high = bounds.get("ge"), bounds.get("le")
    if kind is float and "lt" in bounds:
        return (
            f"a positive number below {bounds['lt']}" if low is None else f"{noun} from {low} to below {bounds['lt']}"
        )
    if bounds.get("gt") == 0 or (kind is int and low == 1 and high in (None, MAX_SIZE)):
        return noun.replace("a ", "a positive ", 1)
    if low in (None, -MAX_SIZE, -MAX_NUMBER):
        return noun
    return f"{noun} from {low} up" if high in (None, MAX_SIZE, MAX_NUMBER) else f"{noun} from {low} to {high}"


def _list(annotation: Any, bounds: dict[str, Any], beside: list[Any]) -> str:
    """``a list of 2``, and what its members are where the single values beside it do not say so already."""
    members = get_args(annotation)
    each = "" if all(option in beside for option in alternatives(members[0])) else f", each {takes(members[0])}"
    if members[-1] is not Ellipsis:
        return f"a list of {len(members)}{each}"
    if "max_length" in bounds:
        return f"a list of {bounds['min_length']} to {bounds['max_length']}{each}"
    return f"a list{each}" if each else "a list of them"
