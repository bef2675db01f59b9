"""Chains, items, joins and the words beside an operation.

    chain ─► item ─┬─ "ReLU"                          a bare name
                   └─ {Conv2d: {...}, id: ..., ...}   one operation, and words
                        ├─ Sequential, layers ─► chain
                        └─ Add, Multiply, Concat ─► path ─► chain

There are three of each, for what a file can call: layers and built-in blocks alone, where it has no blocks of its own;
these too; or its own in the place of built-in ones, whose arguments are then not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cnnspec.engine.describe import about
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.network.loops import MAX_ROUNDS
from cnnspec.engine.schema.operations import layers, required, required_params
from cnnspec.engine.schema.values import EXPRESSION, Schema, or_expression
from cnnspec.engine.spec import Block
from cnnspec.engine.spec.items import GROUP, ITEM, SCOPE, SHARE
from cnnspec.engine.spec.names import NOT_PARAMS, PYTHON, RESERVED, TAKEN
from cnnspec.engine.spec.validation_errors import WORDS_BESIDE

NAME = "[A-Za-z_][A-Za-z0-9_]*"
OWN = "[A-Z][A-Za-z0-9_]*"
NOT_IDS = "|".join(sorted({*RESERVED, *TAKEN, *PYTHON}))
ID = rf"^(?:[\s\S]*\$[\s\S]*|(?!(?:{NOT_IDS})$)[^._][^.]{{0,99}})$"
BAD_ID = "an id has no dot, does not begin with `_`, and is no attribute of every module and no word of Python"
BAD_NAME = "a name has letters, digits and `_`, and is no word of cnnspec's own"
FIELD = rf"^(?!(?:{NOT_IDS})$)[A-Za-z][A-Za-z0-9_]{{0,99}}$"
BAD_FIELD = "a name has letters, digits and `_`, and is no attribute of every module and no word of Python"
BODIES = {
    SCOPE: "A scope: a module of its own, whose lines have keys of their own.",
    GROUP: "Several lines that are repeated or left out together. It opens no scope.",
}
ROUNDS = {
    "repeat": "The path stands this many times, side by side. Inside, `index` counts from 0.",
    "foreach": "The path stands once per step of the named lists, side by side. Inside, `index` counts from 0.",
}
JOIN_FORMS = "Its paths are a list of chains, a mapping of names to chains, or what `from` names."


def one_of(names: Iterable[str]) -> str:
    """A pattern that matches any of the names."""
    return f"(?:{'|'.join(map(re.escape, names))})"


def name_pattern() -> str:
    """Names of params, and of what `foreach` walks."""
    return f"^(?!{one_of(sorted(NOT_PARAMS))}$)(?!__){NAME}$"


def words() -> dict[str, Schema]:
    """The words beside an operation."""
    return {
        "id": {
            "title": "id",
            "description": "The item's name: in the state-dict key, in `from`, in tables and messages.",
            "type": ["string", "integer"],
            "pattern": ID,
            "patternErrorMessage": BAD_ID,
        },
        "from": {
            "title": "from",
            "description": "Takes the output of this id, of a list of ids, or of an id for each input by name, "
            "instead of the line above. `prev` is the line above, `input` the input of the network or block, "
            "`backbone.c3` an output by its name, `x0_*` every id like it.",
            "type": ["string", "integer", "array", "object"],
            "items": {"type": ["string", "integer"]},
            "minItems": 1,
            "additionalProperties": {"type": ["string", "integer"]},
            "minProperties": 1,
        },
        "repeat": {
            "title": "repeat",
            "description": "This many times in a row; 0 leaves the item out. Inside, `index` counts from 0.",
            **or_expression({"type": ["integer"], "minimum": 0, "maximum": MAX_ROUNDS}),
        },
        "foreach": {
            "title": "foreach",
            "description": "Once per step of the named lists, walked together. Inside, `index` counts from 0.",
            "type": "object",
            "propertyNames": {"pattern": name_pattern(), "patternErrorMessage": BAD_NAME},
            "additionalProperties": or_expression({"type": ["array"]}),
            "minProperties": 1,
        },
        "when": {
            "title": "when",
            "description": "Only if the expression is true; otherwise the item is not there.",
            **or_expression({"type": ["boolean"]}),
        },
    }


def chains(blocks: Mapping[str, Block], suffix: str = "", *, own: bool = True) -> dict[str, Schema]:
    """The definitions of a chain and all that it is made of.

    ``blocks`` are those whose arguments are known, ``own`` whether others may be called.
    """
    return {
        f"chain{suffix}": {"type": "array", "items": _ref(f"item{suffix}")},
        f"item{suffix}": _item(blocks, suffix, own=own),
        f"name{suffix}": _bare_name(blocks, own=own),
        f"paths{suffix}": _paths(suffix),
        f"path{suffix}": _path(suffix),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _item(blocks: Mapping[str, Block], suffix: str, *, own: bool) -> Schema:
    operations = _operations(blocks, suffix)
    called = f"^(?:\\$|(?!{one_of(operations)}$){OWN}$)" if own else "^\\$"
    return {
        "title": "item",
        "description": f"{ITEM[0].upper()}{ITEM[1:]}.",
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": _ref(f"name{suffix}"),
        "properties": {**operations, **words()},
        "patternProperties": {called: _ref("own-operation")},
        "additionalProperties": False,
        "dependentSchemas": {name: _with_words_alone(name) for name in operations},
        "not": {"type": "object", "propertyNames": {"enum": list(WORDS_BESIDE)}},
    }


def _with_words_alone(name: str) -> Schema:
    """Beside this operation stands no other; that a word is misspelt is for another keyword to say."""
    message = f"a line has one operation, but this one has {name}"
    lower = [word for word in (GROUP, SHARE) if word != name]
    other = f"(?!{one_of(lower)}$)[^A-Z$]"
    return {"propertyNames": {"pattern": f"^(?:{name}$|{other})", "patternErrorMessage": message}}


def _operations(blocks: Mapping[str, Block], suffix: str) -> dict[str, Schema]:
    """Every operation that is known by its name."""
    found: dict[str, Schema] = {name: _ref(name) for name in (*layers(), *blocks)}
    for name in sorted(JOINS):
        found[name] = {"title": name, "description": f"{about(REGISTRY[name])} {JOIN_FORMS}", **_ref(f"paths{suffix}")}
    for name, description in BODIES.items():
        found[name] = {"title": name, "description": description, **_ref(f"chain{suffix}")}
    shared = "Runs the module of the line of this id, above in the same scope, once more: with the same weights."
    found[SHARE] = {"title": SHARE, "description": shared, "type": ["string", "integer"]}
    return found


def _bare_name(blocks: Mapping[str, Block], *, own: bool) -> Schema:
    """A name that stands by itself: of what needs no arguments, of a param, or of a block of the file."""
    needy = [name for name, layer in layers().items() if required(layer)]
    needy += [name for name, block in blocks.items() if required_params(block)]
    free = {name: about(layer) for name, layer in layers().items() if name not in needy}
    free |= {name: block.description for name, block in blocks.items() if name not in needy}
    called = f"|(?!{one_of([*needy, *sorted(JOINS), *BODIES])}$){OWN}" if own else ""
    pattern = {
        "pattern": f"^(?:{EXPRESSION}{called})$",
        "patternErrorMessage": "the name of a layer or block that needs no arguments, or a $param",
    }
    return {"anyOf": [pattern, *({"title": name, "const": name, "description": words} for name, words in free.items())]}


def _paths(suffix: str) -> Schema:
    """The paths of a join: a list, a mapping of names to paths, or one path that stands once for each round."""
    return {
        "type": ["array", "object", "null"],
        "items": _ref(f"path{suffix}"),
        "minItems": 1,
        "properties": {word: words()[word] for word in ("when", "repeat", "foreach")},
        "additionalProperties": _ref(f"path{suffix}"),
        "propertyNames": {"pattern": ID, "patternErrorMessage": BAD_ID},
        "minProperties": 1,
    }


def _path(suffix: str) -> Schema:
    """A chain, or one with words: there under a condition, or once for each round of a loop."""
    return {
        "title": "path",
        "description": "A chain; [] passes its input by. Or {when: ..., layers: [...]}, there only if that is true; "
        "or {foreach: {...}, layers: [...]}, there once for each step, side by side.",
        "type": ["array", "object"],
        "items": _ref(f"item{suffix}"),
        "properties": {
            "when": {"description": "Whether the path is there.", **or_expression({"type": ["boolean"]})},
            **{word: {**words()[word], "description": text} for word, text in ROUNDS.items()},
            GROUP: {"description": "The path's lines.", **_ref(f"chain{suffix}")},
        },
        "required": [GROUP],
        "additionalProperties": False,
    }
