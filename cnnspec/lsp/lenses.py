"""Code lenses over variants, and signature help of operations."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cnnspec.engine.describe import default_words
from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.numbers import short
from cnnspec.engine.spec import builtin_blocks
from cnnspec.engine.spec.items import is_operation
from cnnspec.engine.spec.validation_errors import argument_words
from cnnspec.engine.syntax import Map
from cnnspec.lsp.analysis import Analysis
from cnnspec.lsp.cursor import Cursor
from cnnspec.lsp.positions import Json, to_range

VIEW = "cnnspec.view"


class Cost(Struct, frozen=True):
    """What a network costs under one variant."""

    params: int
    macs: int


def lenses(analysis: Analysis, uri: str, costs: Mapping[str | None, Cost]) -> list[Json]:
    """Above each variant its costs and the command that brings it into view; above the lines, the network's costs."""
    top = analysis.top
    if top is None or analysis.kind != "spec":
        return []
    variants = top.get("variants")
    found = []
    for entry in variants if isinstance(variants, Map) else ():
        name = entry.key.text
        words = _words(costs.get(name)) + (" · in view" if name == analysis.variant else " · view")
        command = {"title": words.removeprefix(" · "), "command": VIEW, "arguments": [uri, name]}
        found.append({"range": to_range(entry.key.span), "command": command})
    layers = top.entry("layers")
    if layers is not None and analysis.graph is not None and analysis.graph.nodes:
        total = Cost(analysis.graph.params, analysis.graph.macs)
        title = f"{analysis.variant or 'defaults'}: {_words(total)}"
        command = {"title": title, "command": VIEW, "arguments": [uri]}
        found.append({"range": to_range(layers.key.span), "command": command})
    return found


def _words(cost: Cost | None) -> str:
    return f"{short(cost.params)} params, {short(cost.macs)} MACs" if cost else ""


def signature_help(analysis: Analysis, cursor: Cursor) -> Json | None:
    """The arguments of the operation that the cursor is in, and which of them is written."""
    at = next((n for n in range(len(cursor.path) - 1, -1, -1) if is_operation(cursor.path[n])), None)
    if at is None or len(cursor.path) - at > 2:
        return None
    operation = cursor.path[at]
    arguments = _arguments(analysis, operation)
    if not arguments:
        return None
    active = cursor.path[at + 1] if len(cursor.path) > at + 1 else cursor.word
    label = f"{operation}: {{{', '.join(text for text, _ in arguments.values())}}}"
    parameters = [{"label": text, "documentation": words} for text, words in arguments.values()]
    names = list(arguments)
    number = names.index(active) if active in names else len(names)
    return {
        "signatures": [{"label": label, "parameters": parameters}],
        "activeSignature": 0,
        "activeParameter": number,
    }


def _arguments(analysis: Analysis, operation: str) -> dict[str, tuple[str, str]]:
    """The arguments of an operation: how each is shown, and what it takes."""
    blocks = analysis.spec.blocks if analysis.spec else builtin_blocks()
    if operation in blocks:
        params = blocks[operation].params
        return {name: (f"{name}: {p.type}", p.description or p.type.words) for name, p in params.items()}
    if operation not in REGISTRY:
        return {}
    layer = REGISTRY[operation]
    return {name: (f"{name}: {default_words(layer, name)}", argument_words(layer, name)) for name in layer.model_fields}
