"""The keys of each place, with a sentence about each: those of the schemas, which the checker's own classes make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from cnnspec.engine.describe import about, default_words
from cnnspec.engine.spec.validation_errors import argument_words
from cnnspec.engine.syntax import Map, Node, Scalar, Seq
from cnnspec.lsp.analysis import Analysis
from cnnspec.lsp.positions import Json, Position, contains, to_range

Path = tuple[str, ...]  # keys from the top of a text down to a place; a list's item is ITEM
ITEM = "[]"


@lru_cache(maxsize=3)
def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of specs, recipes or sweeps."""
    if kind == "recipe":
        from cnnspec.engine.schema.recipe import schema as recipes

        return recipes()
    if kind == "sweep":
        from cnnspec.engine.schema.sweep import schema as sweeps

        return sweeps()
    from cnnspec.engine.schema import schema as specs

    return specs()


def properties(kind: str) -> Mapping[str, dict[str, Any]]:
    """The keys at the top of a text."""
    schema = schema_of(kind)
    found: dict[str, dict[str, Any]] = dict(schema.get("properties", {}))
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("$defs", {}).values()):
        if "properties" in part and {"cnnspec", "layers"} & part["properties"].keys() and not found:
            found |= part["properties"]
    return found


def about_key(analysis: Analysis, at: Position) -> Json | None:
    """What a key at the top of a text, or a word next to an operation, is for."""
    for entry in analysis.top or ():
        if contains(entry.key.span, at):
            words = properties(analysis.kind).get(entry.key.text, {}).get("description", "")
            return _shown(entry.key.text, words, to_range(entry.key.span)) if words else None
    if analysis.kind != "spec":
        return _about_operation(analysis, at)
    entry_at = _entry(analysis.top, at)
    if entry_at is None:
        return None
    from cnnspec.engine.schema.items import words as item_words

    found = item_words().get(entry_at.key.text, {})
    text = str(found.get("description", ""))
    return _shown(entry_at.key.text, text, to_range(entry_at.key.span)) if text else None


def families() -> dict[str, Mapping[str, type[BaseModel]]]:
    """The operations of recipes and sweeps, by the keys that take them."""
    from cnnspec.engine.recipe.operations import FAMILIES, TRANSFORM
    from cnnspec.engine.sweep_file.operations import PRUNER, SAMPLER

    found: dict[str, Mapping[str, type[BaseModel]]] = {key: kind.members for key, kind in FAMILIES.items()}
    return found | {"augment": TRANSFORM.members, "sampler": SAMPLER.members, "pruner": PRUNER.members}


def _about_operation(analysis: Analysis, at: Position) -> Json | None:
    """What an operation of a recipe or a sweep is, or what an argument of it takes."""
    for entry in analysis.top or ():
        members = families().get(entry.key.text, {})
        for scalar, owner in _words(entry.value, ""):
            if contains(scalar.span, at) and scalar.text in members:
                return _shown(scalar.text, about(members[scalar.text]), to_range(scalar.span))
            if contains(scalar.span, at) and owner in members and scalar.text in members[owner].model_fields:
                words = argument_words(members[owner], scalar.text)
                default = default_words(members[owner], scalar.text)
                return _shown(f"{owner}.{scalar.text}", f"{words}; default: {default}", to_range(scalar.span))
    return None


def _words(node: Node, owner: str) -> Iterator[tuple[Scalar, str]]:
    """The keys and words of a value, each with the key that it is below."""
    match node:
        case Scalar():
            yield node, owner
        case Seq():
            for item in node.items:
                yield from _words(item, owner)
        case Map():
            for entry in node:
                yield entry.key, owner
                yield from _words(entry.value, entry.key.text)


def _shown(name: str, text: str, place: Json) -> Json:
    return {"contents": {"kind": "markdown", "value": f"`{name}`: {text}"}, "range": place}


def _entry(node: Node | None, at: Position) -> Any:
    """The entry whose key is at a place."""
    match node:
        case Map():
            for entry in node:
                if contains(entry.key.span, at):
                    return entry
                if (found := _entry(entry.value, at)) is not None:
                    return found
        case Seq():
            for item in node.items:
                if (found := _entry(item, at)) is not None:
                    return found
    return None
