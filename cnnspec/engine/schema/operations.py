"""Layer types and built-in blocks -> the schemas of their arguments, with the words that an editor shows at each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from cnnspec.engine.describe import about, default_words, reference
from cnnspec.engine.layers import JOINS, REGISTRY, Layer
from cnnspec.engine.schema.values import Schema, annotated, or_expression, param_values, values, with_words
from cnnspec.engine.spec import Block, Param
from cnnspec.engine.spec.params import to_plain
from cnnspec.engine.spec.validation_errors import argument_words


def layers() -> dict[str, type[Layer]]:
    """Layers that take no paths: what may be written as a name with arguments."""
    return {name: layer for name, layer in REGISTRY.items() if name not in JOINS}


def operations(blocks: Mapping[str, Block]) -> dict[str, Schema]:
    """The definitions of all operations: `Conv2d` as a line has it, and its arguments, none of them required.

    `{Conv2d: {kernel_size: 5}}` as a value may leave out what the line that uses it gives.
    """
    found: dict[str, Schema] = {}
    for name, layer in layers().items():
        found |= _definitions(name, _about(layer), _of_layer(layer), required(layer))
    for name, block in blocks.items():
        found |= _definitions(name, block.description, _of_block(block), required_params(block))
    return found


def given(name: str) -> Schema:
    """A reference to the arguments that come with a layer's name."""
    return {"$ref": f"#/$defs/{name}-arguments"}


def required(layer: type[BaseModel]) -> list[str]:
    """The arguments of a layer type, or of a function of `init`, that have no default."""
    return [name for name, field in layer.model_fields.items() if field.is_required()]


def required_params(block: Block) -> list[str]:
    """The params of a block that have no default."""
    return [name for name, param in block.params.items() if param.required]


def _about(layer: type[Layer]) -> str:
    link = reference(layer)
    return about(layer) + (f"\n\n{link}" if link else "")


def _of_layer(layer: type[Layer]) -> dict[str, Schema]:
    return {name: argument(layer, name) for name in layer.model_fields}


def _of_block(block: Block) -> dict[str, Schema]:
    return {name: _param(param) for name, param in block.params.items()}


def _definitions(name: str, description: str, properties: dict[str, Schema], needed: list[str]) -> dict[str, Schema]:
    """An operation apart from its arguments: an editor that sees `properties` writes all of them below a name."""
    whole: Schema = {"title": name, "description": description, "type": "object" if needed else ["object", "null"]}
    whole |= {"required": needed} if needed else {}
    arguments = {"type": ["object", "null"], "properties": properties, "additionalProperties": False}
    return {name: whole | {"allOf": [given(name)]}, f"{name}-arguments": {"title": name, **arguments}}


def argument(layer: type[BaseModel], name: str) -> Schema:
    """An argument of a layer type, or of a function of `init`."""
    field = layer.model_fields[name]
    words, takes = default_words(layer, name), argument_words(layer, name)
    ending = {"required": "Required.", "inferred": "Left out, it is inferred.", "not set": "Not set by default."}
    schema = {
        "description": _sentence(takes, ending.get(words, f"Default: {words}.")),
        **values(annotated(field), _or_expression(takes)),
    }
    if not field.is_required() and field.default is not None:
        schema["default"] = field.default
    return schema


def _or_expression(takes: str) -> str:
    return f"takes {takes}, or an expression: $name or $(...)"


def _sentence(takes: str, ending: str) -> str:
    return f"{takes[0].upper()}{takes[1:]}. {ending}"


def _param(param: Param) -> Schema:
    """A param of a block, as an argument of its lines."""
    schema = param_values(param.type, _or_expression(param.type.words))
    if param.choices is not None:
        schema = with_words(or_expression({"type": []}), list(param.choices))
    bounds = {"minimum": param.min, "maximum": param.max}
    schema |= {name: bound for name, bound in bounds.items() if bound is not None}
    default = to_plain(param.default) if param.default is not None else None
    ending = "Required." if param.required else "Not set by default." if default is None else f"Default: {default}."
    about = f" {param.description[0].upper()}{param.description[1:]}." if param.description else ""
    described: Schema = {"description": _sentence(param.type.words, ending) + about, **schema}
    return described if default is None else described | {"default": default}
