"""The section `init`: rules for layer types and for patterns, and the functions of torch.nn.init."""

from __future__ import annotations

from collections.abc import Iterable

from cnnspec.engine.describe import about
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.layers.base import WEIGHT_AND_BIAS
from cnnspec.engine.layers.init import FUNCTIONS, Function
from cnnspec.engine.schema.operations import argument, required
from cnnspec.engine.schema.values import Schema

PART = r"(?:\*\*|(?:(?!\*\*)[^.])+)"  # of a pattern
FUNCTION = {"$ref": "#/$defs/init-function"}


def init() -> Schema:
    """Rules by what they reach."""
    of_types = {name: _rule(layer.trains, open=False) for name, layer in REGISTRY.items() if layer.trains}
    return {
        "description": "Initial weights, by layer type or by a pattern over keys: {Conv2d: {weight: kaiming_normal_}}.",
        "type": "object",
        "properties": of_types,
        "additionalProperties": _rule(WEIGHT_AND_BIAS, open=True),
        "propertyNames": {
            "pattern": rf"^{PART}(?:\.{PART})*$",
            "patternErrorMessage": "a layer type, or a pattern over keys: layer1.*.conv2, features.**",
        },
    }


def _rule(tensors: Iterable[str], *, open: bool) -> Schema:
    return {
        "description": "What fills each parameter. For a tensor patterns go before types, later rules before earlier.",
        "type": "object",
        "properties": dict.fromkeys(tensors, FUNCTION),
        "additionalProperties": FUNCTION if open else False,
    }


def definitions() -> dict[str, Schema]:
    """What the rules refer to."""
    bare = {name: function for name, function in FUNCTIONS.items() if not required(function)}
    return {
        "init-function": {
            "description": "A function of torch.nn.init; null keeps PyTorch's default.",
            "type": ["string", "object", "null"],
            "if": {"type": "string"},
            "then": {"anyOf": [{"title": name, "const": name, "description": about(bare[name])} for name in bare]},
            "properties": {name: _call(function) for name, function in FUNCTIONS.items()},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
    }


def _call(function: type[Function]) -> Schema:
    needed = required(function)
    return {
        "title": function.__name__,
        "description": about(function),
        "type": "object" if needed else ["object", "null"],
        "properties": {name: argument(function, name) for name in function.model_fields},
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }
