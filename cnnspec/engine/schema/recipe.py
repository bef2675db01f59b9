"""Recipes as a JSON Schema, made of their declarations: keys, and operations with their arguments.

What only several keys together can say is for `cnnspec check`.
"""

from __future__ import annotations

from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from cnnspec.engine.describe import about, default_words
from cnnspec.engine.layers.argument_types import alternatives, bounds_of
from cnnspec.engine.recipe.model import VERSION, Recipe
from cnnspec.engine.recipe.operations import FAMILIES, TRANSFORM, Kind
from cnnspec.engine.recipe.read import KEYS, MAPPINGS, MARK, PER
from cnnspec.engine.schema.operations import required
from cnnspec.engine.schema.values import BOUNDS, LENGTHS, TYPES, Schema, annotated
from cnnspec.engine.spec.validation_errors import argument_words

TEXT_LENGTHS = {"min_length": "minLength"}
FILE = "cnnspec-recipe.schema.json"


def schema() -> Schema:
    """The whole schema: plain dicts, lists and scalars, the same at every call."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnnspec recipe",
        "description": "How a network is trained, as data.",
        "type": "object",
        "properties": {key: _described(about_key(key), _key(key)) for key in KEYS},
        "required": [MARK],
        "additionalProperties": False,
        "$defs": {"transform": operation(TRANSFORM, optional=False)},
    }


def about_key(key: str) -> str:
    """Return the sentence that says what a key of recipes is for."""
    return "The version of the recipe format." if key == MARK else Recipe.model_fields[key].description or ""


def _described(about: str, key: Schema) -> Schema:
    """What a key is for, and then what it takes."""
    takes = key.get("description", "").removesuffix(" Default: .")
    return {**key, "description": f"{about} {takes}".strip()}


def _key(name: str) -> Schema:
    if name == MARK:
        return {"type": "integer", "const": VERSION}
    if name in FAMILIES:
        return operation(FAMILIES[name], optional=Recipe.model_fields[name].default is None)
    if name == "augment":
        return {"type": ["array", "null"], "items": {"$ref": "#/$defs/transform"}}
    if name in MAPPINGS:
        return _mapping(MAPPINGS[name], ["object", "null"])
    return takes_argument(Recipe, name)


def operation(kind: Kind, *, optional: bool) -> Schema:
    """A name, or a name with its arguments, and the words beside it."""
    bare = {name: member for name, member in kind.members.items() if not required(member)}
    return {
        "type": ["string", "object", *(["null"] if optional else [])],
        "if": {"type": "string"},
        "then": {"anyOf": [{"const": name, "description": about(member)} for name, member in bare.items()]},
        "properties": {
            **{name: _arguments(member) for name, member in kind.members.items()},
            **({PER: {"description": "What it moves by.", "enum": ["epoch", "step"]}} if PER in kind.beside else {}),
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1 + len(kind.beside),
    }


def _arguments(member: type[BaseModel]) -> Schema:
    needed = required(member)
    whole = _mapping(member, "object" if needed else ["object", "null"])
    return {"description": about(member), **whole, **({"required": needed} if needed else {})}


def _mapping(model: type[BaseModel], types: Any) -> Schema:
    properties = {name: takes_argument(model, name) for name in model.model_fields}
    return {"type": types, "properties": properties, "additionalProperties": False}


def takes_argument(model: type[BaseModel], name: str) -> Schema:
    """A value, with what it takes and its default in words."""
    field = model.model_fields[name]
    words, takes = default_words(model, name), argument_words(model, name)
    ending = {"required": "Required.", "not set": "Not set by default."}.get(words, f"Default: {words}.")
    return {"description": f"{takes[0].upper()}{takes[1:]}. {ending}", **_values(annotated(field))}


def _values(annotation: Any) -> Schema:
    """What is taken: one of several kinds of value, none of which is an expression."""
    options = [_kind(option) for option in alternatives(annotation)]
    return options[0] if len(options) == 1 else {"anyOf": options}


def _kind(option: Any) -> Schema:
    base, bounds = bounds_of(option)
    if get_origin(base) is Literal:
        return {"enum": list(get_args(base))}
    if base in (None, NoneType):
        return {"type": "null"}
    if get_origin(base) is not tuple:
        return {"type": TYPES[base], **{(BOUNDS | TEXT_LENGTHS)[name]: value for name, value in bounds.items()}}
    members = get_args(base)
    lengths = {LENGTHS[name]: value for name, value in bounds.items()}
    fixed = {} if members[-1] is Ellipsis else {"minItems": len(members), "maxItems": len(members)}
    each = [_values(member) for member in members if member is not Ellipsis]
    items = each[0] if all(kind == each[0] for kind in each) else {"anyOf": each}
    return {"type": "array", "items": items, **fixed, **lengths}
