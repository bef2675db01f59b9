"""The language as a JSON Schema (draft 2020-12), made of the registry: what an editor completes, shows and checks.

    layers, blocks ──operations──► $defs: arguments of each
                     items       ► $defs: chain, item, name, paths, path
                     sections    ► params, variants, blocks, lint, budget
                     init        ► rules, functions of torch.nn.init
                     extending   ► extends, patch
                     values      ► what an argument takes

A schema sees one place at a time. Shapes, names that are declared elsewhere and the values of expressions are for
`cnnspec check`; what the schema refuses, `cnnspec check` refuses as well. It keeps to keywords that validators of draft
2020-12 and yaml-language-server read alike; `patternErrorMessage` is the latter's own, and no more than a message.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnnspec.engine.schema import extending, init, items, sections
from cnnspec.engine.schema.operations import operations
from cnnspec.engine.schema.values import Schema, or_expression
from cnnspec.engine.spec import Block, builtin_blocks
from cnnspec.engine.spec.inputs import DTYPES
from cnnspec.engine.spec.read import KEYS, VERSION

FILE = "cnnspec.schema.json"
ALONE = "-without-blocks"  # chains of a file that has no blocks of its own
OVERRIDDEN = "-overridden"  # chains of a file whose own blocks take the names of built-in ones
CHAIN = "The network: a chain, in which each item takes what the one above gave."
HEADER: dict[str, Schema] = {
    "cnnspec": {"description": "The version of the language.", "type": "integer", "const": VERSION},
    "name": {"description": "The network's name, for people.", "type": "string"},
    "description": {"description": "What it is, for people.", "type": "string"},
    "source": {"description": "Where the architecture comes from.", "type": "string"},
}


def schema() -> Schema:
    """The whole schema: plain dicts, lists and scalars, the same at every call."""
    blocks = builtin_blocks()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnnspec",
        "description": "A convolutional network as data.",
        "type": "object",
        "properties": _properties(),
        "required": ["cnnspec"],
        "additionalProperties": False,
        "if": {"required": ["extends"]},
        "then": _extending(),
        "else": _whole(blocks),
        "$defs": {
            **operations(blocks),
            **items.chains(blocks),
            **items.chains(blocks, ALONE, own=False),
            **items.chains({}, OVERRIDDEN),
            **sections.definitions(),
            **init.definitions(),
            "edit": extending.edits(OVERRIDDEN),
        },
    }


def _extending() -> Schema:
    """A spec that extends another, whose blocks and params no schema sees."""
    found = _with_chains(OVERRIDDEN)
    found["properties"] |= {
        "params": sections.declared("-over"),
        "patch": {"items": {"$ref": "#/$defs/edit"}},
    }
    return found | {"dependentSchemas": {"patch": {"properties": {"layers": False}}}}


def _whole(blocks: Mapping[str, Block]) -> Schema:
    """A spec that stands by itself."""
    found = {
        "if": {"required": ["blocks"]},
        "then": {
            "if": {"properties": {"blocks": {"anyOf": [{"required": [name]} for name in blocks]}}},
            "then": _with_chains(OVERRIDDEN),
            "else": _with_chains(""),
        },
        "else": _with_chains(ALONE),
    }
    own = {"params": sections.declared(), "patch": False}
    return {"required": ["input", "layers"], "properties": own, **found}


def _properties() -> dict[str, Schema]:
    """The top-level keys in the order in which messages list them."""
    known = {
        **HEADER,
        **sections.sections(),
        "input": _input(),
        "layers": {"description": CHAIN, "type": "array", "minItems": 1},
        "aux": {"description": sections.AUX, "type": "object"},
        "blocks": sections.blocks(),
        "init": init.init(),
    }
    return {key: known[key] for key in KEYS}


def _input() -> Schema:
    size = or_expression({"type": ["integer"], "minimum": 1, "maximum": 2**31 - 1})
    about = "The sizes of one input without the batch: [channels, height, width], [channels, length] or [features]."
    sizes = or_expression({"type": ["array"], "items": size, "minItems": 1})
    long_form = {
        "sizes": {"description": about, **sizes},
        "dtype": {"description": "The dtype of its numbers.", "enum": list(DTYPES)},
    }
    one = {**sizes, "type": [*sizes["type"], "object"], "properties": long_form, "additionalProperties": False}
    return {
        **sizes,
        "description": f"{about} Several: {{image: [3, 224, 224], tokens: {{sizes: [128], dtype: int64}}}}.",
        "type": [*sizes["type"], "object"],
        "properties": long_form,
        "propertyNames": {"pattern": items.FIELD, "patternErrorMessage": items.BAD_FIELD},
        "additionalProperties": one,
        "minProperties": 1,
    }


def _with_chains(suffix: str) -> Schema:
    return {
        "properties": {
            "layers": {"$ref": f"#/$defs/chain{suffix}"},
            "aux": sections.aux(suffix),
            "blocks": {"type": "object", "additionalProperties": sections.block(suffix)},
        }
    }
