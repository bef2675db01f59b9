"""The sections of a spec beside its layers: params and variants, blocks, `lint` and `budget`."""

from __future__ import annotations

from collections.abc import Collection

from cnnspec.engine.layers import BUILT_IN
from cnnspec.engine.lint import CODES
from cnnspec.engine.schema.extending import extends, param_over, patch
from cnnspec.engine.schema.items import BAD_FIELD, BAD_NAME, FIELD, OWN, name_pattern, one_of
from cnnspec.engine.schema.operations import given, layers
from cnnspec.engine.schema.values import EXPRESSION, Schema, or_expression
from cnnspec.engine.spec.budget import LIMITS
from cnnspec.engine.spec.items import SCOPE
from cnnspec.engine.spec.params import TYPES
from cnnspec.engine.spec.read import VARIANT
from cnnspec.engine.spec.types import MEANT, WORDS

TYPE = rf"^(?:list\[)*(?:{'|'.join(WORDS)})\??(?:\]\??)*$"
COMMON_TYPES = [*WORDS, *(f"{word}?" for word in WORDS), *(f"list[{word}]" for word in WORDS)]
LAYER_VALUE = "The name of a layer or block, or one with arguments: {LeakyReLU: {negative_slope: 0.1}}."


def sections() -> dict[str, Schema]:
    """The schemas of the top-level keys that hold no layers."""
    return {
        "extends": extends(),
        "patch": patch(),
        "params": params(),
        "variants": variants(),
        "outputs": outputs(),
        "lint": lint(),
        "budget": budget(),
    }


def definitions() -> dict[str, Schema]:
    """What the sections and the arguments of layers refer to."""
    return {
        "param": _param(),
        "param-over": param_over(_param()),
        "value": {"type": ["string", "number", "boolean", "null", "array", "object"], "items": _ref("value")}
        | _one_layer(),
        "layer-value": {
            "description": LAYER_VALUE,
            "type": ["string", "object", "null"],
            "pattern": f"^(?:{EXPRESSION}|{OWN})$",
            "patternErrorMessage": "the name of a layer or block, or a $param",
            **_one_layer(),
        },
        "own-operation": {
            "description": "A block of the file, or what a $param of type layer holds, with its arguments.",
            "type": ["object", "null"],
            "additionalProperties": _ref("value"),
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _one_layer() -> Schema:
    """``{LeakyReLU: {negative_slope: 0.1}}``: a mapping as a value is a layer that brings arguments along."""
    return {
        "properties": {name: given(name) for name in layers()},
        "patternProperties": {f"^(?!{one_of(layers())}$){OWN}$": _ref("own-operation")},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def params() -> Schema:
    """The names of a spec's params, or of a block's."""
    return {
        "description": "What a user may set: a type word (then it is required), a default, or {type: ..., ...}.",
        "type": "object",
        "propertyNames": {"pattern": name_pattern(), "patternErrorMessage": BAD_NAME},
    }


def declared(suffix: str = "") -> Schema:
    """What a param may be: in a spec that extends another ``-over`` those of that one."""
    return {"additionalProperties": _ref(f"param{suffix}")}


def _param() -> Schema:
    """A type word, a literal, the long form, or a layer with its arguments."""
    no_type = one_of(sorted({variant for word in MEANT for variant in (word, word.capitalize(), word.upper())}))
    long_form = {
        "type": {
            "description": f"{TYPES[0].upper()}{TYPES[1:]}.",
            "type": "string",
            "anyOf": [{"pattern": TYPE, "patternErrorMessage": TYPES}, {"enum": COMMON_TYPES}],
        },
        "default": {"description": "The value where nothing sets it; it may be an expression over the params above."},
        "min": {"description": "The least number that it may be.", "type": "number"},
        "max": {"description": "The largest number that it may be.", "type": "number"},
        "choices": {"description": "The values that it may be.", "type": "array"},
        "description": {"description": "What it is, for people.", "type": "string"},
    }
    one_layer = {"minProperties": 1, "maxProperties": 1, "propertyNames": {"pattern": f"^{OWN}$"}}
    return {
        "title": "param",
        "description": "A type word: required. A literal: the default, which gives the type. Or the long form.",
        "type": ["string", "number", "boolean", "array", "object"],
        "minItems": 1,
        "pattern": rf"^(?!{no_type}$)[^$]*$",
        "patternErrorMessage": TYPES,
        "properties": long_form,
        "patternProperties": {f"^{OWN}$": _ref("own-operation")},
        "additionalProperties": False,
        "if": {"type": "object"},
        "then": {"anyOf": [{"required": ["type"]}, {"required": ["default"]}, one_layer]},
    }


def variants() -> Schema:
    """Named settings of the params."""
    return {
        "description": "Named settings of the params: {large: {width: 64}}.",
        "type": "object",
        "propertyNames": {
            "pattern": f"^{VARIANT.pattern}$",
            "patternErrorMessage": "a variant's name has letters, digits, `_`, `-` and dots",
        },
        "additionalProperties": {
            "description": "Values of some of the params; {} has the defaults.",
            "type": ["object", "null"],
            "additionalProperties": _ref("value"),
        },
    }


AUX = "Heads that run in training only: their losses, weighted, are added to the network's own."


def aux(suffix: str) -> Schema:
    """The aux heads of a spec."""
    name = {"type": ["string", "integer"]}
    head = {
        "title": "aux head",
        "description": "A chain on the output of a line, with the weight of its loss.",
        "type": "object",
        "properties": {
            "from": {"description": "The id of the line whose output it takes.", **name},
            "weight": {"description": "What its loss is multiplied by.", **or_expression({"type": ["number"]})},
            "layers": {"description": "Its chain.", **_ref(f"chain{suffix}")},
            "when": {"description": "Whether it is there.", **or_expression({"type": ["boolean"]})},
            "after": {"description": "The line behind which it stands in the order of modules; `from` else.", **name},
            "output": {"description": "What its output is called; its name else.", "type": "string", "pattern": FIELD},
        },
        "required": ["from", "weight", "layers"],
        "additionalProperties": False,
    }
    return {"minProperties": 1, "propertyNames": _field_name(), "additionalProperties": head}


def _field_name() -> Schema:
    return {"pattern": FIELD, "patternErrorMessage": BAD_FIELD}


def outputs() -> Schema:
    """Names for what a network or a block gives."""
    return {
        "description": "Several outputs, by name: {features: stage3, logits: fc}. Without it, the last line's.",
        "type": "object",
        "propertyNames": _field_name(),
        "additionalProperties": {"description": "The id of a line.", "type": ["string", "integer"]},
        "minProperties": 1,
    }


def block(suffix: str) -> Schema:
    """The definition of a block."""
    return {
        "title": "block",
        "description": "A layer written in YAML: params, a chain, and names of what it takes and gives.",
        "type": "object",
        "properties": {
            "description": {"description": "What it is, for people."},
            "input": {
                "description": "The names of what it takes: [x, gate]. Without it, one tensor, called `input`.",
                "type": ["string", "array"],
                "pattern": FIELD,
                "items": {"type": "string", "pattern": FIELD, "patternErrorMessage": BAD_FIELD},
                "minItems": 1,
            },
            "outputs": outputs(),
            "params": params() | declared(),
            "layers": {"description": "Its chain.", **_ref(f"chain{suffix}")},
        },
        "required": ["layers"],
        "additionalProperties": False,
    }


def blocks() -> Schema:
    """The names of a spec's own blocks."""
    return {
        "description": "The spec's own blocks, by name. One of a built-in name stands in the place of that.",
        "type": "object",
        "propertyNames": {
            "pattern": f"^(?!{one_of([*BUILT_IN, SCOPE])}$){OWN}$",
            "patternErrorMessage": "the name of a block starts with a capital letter and is not the name of a layer",
        },
    }


def lint() -> Schema:
    """Which warnings the file silences."""
    code = {"anyOf": [{"type": "string"}, {"enum": sorted(CODES)}]}
    codes = {"type": ["array", "string"], "items": code}
    return {
        "description": "Warnings that the whole file silences: {ignore: [bias-before-norm]}.",
        "type": "object",
        "properties": {"ignore": {"description": "Codes of warnings.", **codes}},
        "additionalProperties": False,
    }


def budget() -> Schema:
    """What a network may cost at most, in figures with units."""
    limits = {name: _limit(units, words) for name, (units, words) in LIMITS.items()}
    own = {
        "description": "Limits of single variants, which go before the others.",
        "type": "object",
        "additionalProperties": {"type": "object", "properties": limits, "additionalProperties": False},
    }
    return {
        "description": "What the network may cost at most: {max_params: 12M, max_macs: 2G}.",
        "type": "object",
        "properties": {**limits, "variants": own},
        "additionalProperties": False,
    }


def _limit(units: Collection[str], words: str) -> Schema:
    known = one_of([unit for unit in units if unit])
    return {
        "description": f"{words[0].upper()}{words[1:]}.",
        "type": ["integer", "string"],
        "minimum": 1,
        "pattern": rf"^[0-9][0-9_]*(?:\.[0-9]+)?(?: ?{known})?$",
        "patternErrorMessage": f"takes {words}",
    }
