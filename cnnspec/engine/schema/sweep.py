"""Sweep files as a JSON Schema. What the specs and recipes that they name rule out is for `cnnspec check`."""

from __future__ import annotations

from typing import Any, get_args

from cnnspec.engine.recipe.read import MARK as RECIPE_MARK
from cnnspec.engine.schema.recipe import operation
from cnnspec.engine.schema.recipe import schema as recipes
from cnnspec.engine.schema.values import Schema
from cnnspec.engine.spec.budget import LIMITS
from cnnspec.engine.sweep_file.axes import FORMS, MAX_STEPS, SETTABLE
from cnnspec.engine.sweep_file.model import Figure, When
from cnnspec.engine.sweep_file.networks import WORDS
from cnnspec.engine.sweep_file.operations import PRUNER, SAMPLER
from cnnspec.engine.sweep_file.read import KEYS, MARK, TIME, VERSION

FILE = "cnnspec-sweep.schema.json"
SETTABLE_NAME = rf"^(params\..+|({'|'.join(SETTABLE)})(\..+)?)$"
AXIS_NAME = rf"^(params\..+|(spec|variant|input|recipe|{'|'.join(SETTABLE)})(\..+)?)$"
ABOUT = {
    MARK: "The version of sweep files.",
    "name": "The sweep's name, for people.",
    "description": "What it is, for people.",
    "spec": "The network, or a list of networks: shipped names, paths, or mappings with what is set for each.",
    "recipe": "How they are trained: a shipped name, a path, or a recipe's own keys.",
    "set": "What is set for all points: settings of the recipe, and params of the spec with `params.` before them.",
    "axes": "What differs between the points.",
    "sampler": "What makes points of the axes.",
    "pruner": "What ends runs that are not worth their time.",
    "objective": "The figure that runs are compared by, after the last epoch unless it is the `best` of all.",
    "choose": "Axes for each of whose values one point is chosen and measured on the test part; none: one of all.",
    "budget": "Where the sweep ends, and what a network may cost to be run.",
}


def schema() -> Schema:
    """The whole schema: plain dicts, lists and scalars, the same at every call."""
    keys = _keys()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnnspec sweep",
        "description": "Many runs from one file.",
        "type": "object",
        "properties": {key: {"description": ABOUT[key], **keys[key]} for key in KEYS},
        "required": [MARK],
        "anyOf": [{"required": ["spec"]}, {"properties": {"axes": {"required": ["spec"]}}, "required": ["axes"]}],
        "additionalProperties": False,
        "$defs": {
            "settings": {"type": "object", "propertyNames": {"pattern": SETTABLE_NAME}},
            "network": _network(),
            "axis": _axis(),
            "transform": recipes()["$defs"]["transform"],
        },
    }


def _keys() -> dict[str, Schema]:
    networks = {"type": "array", "items": {"$ref": "#/$defs/network"}, "minItems": 1}
    inline = {name: value for name, value in recipes()["properties"].items() if name != RECIPE_MARK}
    axes: Schema = {"propertyNames": {"pattern": AXIS_NAME}, "additionalProperties": {"$ref": "#/$defs/axis"}}
    return {
        MARK: {"type": "integer", "const": VERSION},
        "name": {"type": "string"},
        "description": {"type": "string"},
        "spec": {"anyOf": [{"$ref": "#/$defs/network"}, networks]},
        "recipe": {"type": ["string", "object", "null"], "properties": inline},
        "set": {"$ref": "#/$defs/settings"},
        "axes": {"type": "object", "properties": {"spec": networks}, **axes},
        "sampler": operation(SAMPLER, optional=True),
        "pruner": operation(PRUNER, optional=True),
        "objective": _objective(),
        "choose": {"type": "array", "items": {"type": "string", "pattern": AXIS_NAME}},
        "budget": _budget(),
    }


def _network() -> Schema:
    words: dict[str, Schema] = {word: {"type": "string"} for word in WORDS}
    words["set"] = {"$ref": "#/$defs/settings"}
    return {"type": ["string", "object"], "properties": words, "required": ["spec"], "additionalProperties": False}


def _axis() -> Schema:
    forms: dict[str, Schema] = {
        "values": {"type": "array", "minItems": 1, "uniqueItems": True},
        "from": {"type": "number"},
        "to": {"type": "number"},
        "scale": {"enum": ["log", "linear"]},
        "steps": {"type": "integer", "minimum": 2, "maximum": MAX_STEPS},
        "when": {"type": "object"},
    }
    return {
        "type": ["array", "object"],
        "minItems": 1,
        "uniqueItems": True,
        "properties": {name: forms[name] for name in FORMS},
        "additionalProperties": False,
        "if": {"type": "object"},
        "then": {"anyOf": [{"required": ["values"]}, {"required": ["from", "to"]}]},
    }


def _objective() -> Schema:
    moments: Any = {figure: {"enum": list(get_args(When))} for figure in get_args(Figure)}
    return {
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"enum": list(moments)},
        "properties": moments,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _budget() -> Schema:
    limits: dict[str, Schema] = {name: {"type": ["integer", "string"], "pattern": "^[0-9]"} for name in LIMITS}
    return {
        "type": "object",
        "properties": {
            "runs": {"type": "integer", "minimum": 1},
            "time": {"type": "string", "pattern": f"^{TIME.pattern}$"},
            **limits,
        },
        "additionalProperties": False,
    }
