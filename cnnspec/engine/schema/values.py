"""Annotation -> JSON Schema of the values that an argument takes, in the order in which a reader is told of them.

Keywords stand side by side wherever they can (`type: [integer, array, string]` with a `minimum` and a `pattern`, each
of which speaks of its own type alone): an editor then says which bound a value breaks, where of an `anyOf` it could
only say that no alternative fits. Those of a list stand under `if`: an editor that sees `items` begins a list.
"""

from __future__ import annotations

from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from cnnspec.engine.layers.argument_types import alternatives, bounds_of
from cnnspec.engine.spec.types import ParamType

Schema = dict[str, Any]

EXPRESSION = r"\$([A-Za-z_][A-Za-z0-9_]*|\([\s\S]*\))"  # alone in a value: `$name` or `$(...)`
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
LENGTHS = {"min_length": "minItems", "max_length": "maxItems"}
NO_EXPRESSION = "a text here is an expression: $name or $(...)"


def annotated(field: FieldInfo) -> Any:
    """The annotation of a field, with the bounds that pydantic took off it."""
    whole: Any = field.annotation
    for extra in field.metadata:
        whole = Annotated[whole, extra]
    return whole


def values(annotation: Any, message: str = NO_EXPRESSION) -> Schema:
    """What an argument of this annotation takes: its values, and an expression in the place of any."""
    words = [word for option in alternatives(annotation) for word in _literals(option)]
    plain: Schema = {"type": []}
    for option in alternatives(annotation):
        if not _literals(option):
            _add(plain, option)
    return with_words(or_expression(plain, message), words)


def or_expression(plain: Schema, message: str = NO_EXPRESSION) -> Schema:
    """The values of ``plain``, none of which is a text, or a text that is an expression."""
    types = plain["type"] if isinstance(plain["type"], list) else [plain["type"]]
    return {
        **plain,
        "type": [*types, "string"] if types else "string",
        "pattern": f"^{EXPRESSION}$",
        "patternErrorMessage": message,
    }


def with_words(schema: Schema, words: list[Any]) -> Schema:
    """The values of ``schema``, or one of a few that stand for themselves."""
    return {"anyOf": [{"enum": words}, schema]} if words else schema


def _literals(option: Any) -> tuple[Any, ...]:
    return get_args(option) if get_origin(option) is Literal else ()


def _add(schema: Schema, option: Any) -> None:
    """Puts one alternative beside those that are there: at most one of them is a number and one a list."""
    base, bounds = bounds_of(option)
    if base in (None, NoneType):
        kind = "null"
    elif get_origin(base) is tuple:
        kind = "array"
        lengths = {LENGTHS[name]: value for name, value in bounds.items()}
        schema |= {"if": {"type": "array"}, "then": _items(get_args(base)) | lengths}
    else:
        kind = TYPES[base]
        schema |= {BOUNDS[name]: value for name, value in bounds.items()}
    assert kind not in schema["type"], option
    schema["type"].append(kind)


def _items(members: tuple[Any, ...]) -> Schema:
    """A list; the members of one of fixed length are all of one kind, so `items` says it to every draft."""
    if members[-1] is Ellipsis:
        return {"items": values(members[0])}
    assert len(set(map(str, members))) == 1, members
    return {"items": values(members[0]), "minItems": len(members), "maxItems": len(members)}


def param_values(type: ParamType, message: str = NO_EXPRESSION) -> Schema:
    """What a block's argument takes whose param is of this type."""
    if type.item is not None:
        plain: Schema = {"type": ["array"], "items": param_values(type.item)}
    elif type.base == "layer":
        return {"$ref": "#/$defs/layer-value"}
    elif type.base == "str":
        return {"type": ["string", "null"] if type.optional else "string"}
    else:
        plain = {"type": [{"int": "integer", "float": "number", "bool": "boolean"}[str(type.base)]]}
    if type.optional:
        plain["type"].append("null")
    return or_expression(plain, message)
