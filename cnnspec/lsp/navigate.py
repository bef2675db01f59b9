"""Definitions, references, highlights, rename and call hierarchy of the names in a text and in those that extend it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cnnspec.engine.diagnostics import CnnspecError, Sink, Source, Span
from cnnspec.engine.spec import Block, builtin_blocks
from cnnspec.engine.spec.bases import find_base
from cnnspec.engine.spec.names import NOT_PARAMS, PARAM, RESERVED
from cnnspec.engine.spec.shipped import ENDINGS
from cnnspec.engine.syntax import Map, Scalar, parse
from cnnspec.lsp.analysis import Analysis
from cnnspec.lsp.documents import OpenTexts, extended, uri_of
from cnnspec.lsp.positions import Json, Position, to_range
from cnnspec.lsp.protocol import REQUEST_FAILED, RequestError
from cnnspec.lsp.symbols import Names, Occurrence, Symbol

READ, WRITE = 2, 3
MAX_FILES = 200  # texts of a folder among which those that extend another are looked for
RENAMED = ("param", "id", "block", "variant", "loop")
FORMS = {
    "param": PARAM,
    "loop": PARAM,
    "block": re.compile(r"[A-Z]\w*"),
    "id": re.compile(r"[^\W\d][^.\s:,{}\[\]#&*!|>'\"%@`$]*"),
    "variant": re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*"),
}


class Place:
    """A text with its names, under the URI that an editor calls it by."""

    def __init__(self, source: Source, uri: str, names: Names) -> None:
        self.source, self.uri, self.names = source, uri, names


def base_of(source: Source) -> Source | None:
    """The text that a text extends."""
    top = parse(source, Sink())
    node = top.get("extends") if isinstance(top, Map) else None
    if node is None:
        return None
    try:
        found = find_base(source, node, Sink())
    except CnnspecError:
        return None
    return found.source if found else None


def place_of(source: Source) -> Place | None:
    """A text on disk."""
    if source.path is None:
        return None
    top = parse(source, Sink())
    return Place(source, uri_of(source.path), Names(top if isinstance(top, Map) else None))


def definition(analysis: Analysis, names: Names, uri: str, at: Position) -> Json | None:
    """Where a name is defined: in this text, in one below it, or among the built-in blocks."""
    found = names.at(at)
    if found is None:
        return None
    symbol = found.symbol
    if symbol.definition is not None:
        return {"uri": uri, "range": to_range(symbol.definition)}
    below = analysis.source
    for _ in range(8):
        base = base_of(below)
        if base is None:
            break
        place = place_of(base)
        match = defined_in(place, symbol) if place else None
        if place is not None and match is not None and match.definition is not None:
            return {"uri": place.uri, "range": to_range(match.definition)}
        below = base
    block = builtin_blocks().get(symbol.name if symbol.kind == "layer" else symbol.owner)
    return _in_package(block, symbol) if block else None


def _in_package(block: Block, symbol: Symbol) -> Json | None:
    from cnnspec.engine.zoo import PACKAGE

    path = PACKAGE.parent / block.source.name
    if not path.is_file():
        return None
    param = block.params.get(symbol.name) if symbol.kind == "argument" else None
    return {"uri": uri_of(path), "range": to_range((param or block).name.span)}


def defined_in(place: Place, symbol: Symbol) -> Symbol | None:
    """The symbol of another text that a use without a definition means."""
    if symbol.kind in ("param", "argument"):
        return place.names.params.get((symbol.owner, symbol.name))
    if symbol.kind == "layer":
        return place.names.blocks.get(symbol.name)
    if symbol.kind == "id":
        defined = (f.symbol for f in place.names.occurrences if f.is_definition)
        return next((s for s in defined if s.kind == "id" and (s.name, s.owner) == (symbol.name, symbol.owner)), None)
    return None


def references(names: Names, uri: str, at: Position, others: Iterable[Place], *, declared: bool) -> list[Json]:
    """Every place where a name is used."""
    found = names.at(at)
    if found is None:
        return []
    spans = found.symbol.places if declared else found.symbol.uses
    here = [{"uri": uri, "range": to_range(span)} for span in sorted(spans, key=lambda span: (span.line, span.column))]
    there = [{"uri": o.uri, "range": to_range(span)} for o in others for span in uses_in(o, found.symbol)]
    return here + there


def uses_in(place: Place, symbol: Symbol) -> list[Span]:
    """The uses of a symbol in a text that extends the symbol's own."""
    spans = []
    for other in {id(found.symbol): found.symbol for found in place.names.occurrences}.values():
        kinds = {"param": ("param", "argument"), "block": ("layer",), "id": ("id",)}.get(symbol.kind, ())
        same_owner = symbol.kind == "block" or other.owner == symbol.owner
        if other.definition is None and other.kind in kinds and other.name == symbol.name and same_owner:
            spans += other.uses
        elif symbol.kind == other.kind == "param" and (other.name, other.owner) == (symbol.name, symbol.owner):
            spans += other.places
    return spans + (_variant_of_base(place, symbol) if symbol.kind == "variant" else [])


def _variant_of_base(place: Place, symbol: Symbol) -> list[Span]:
    """``extends: base.yaml:wide``."""
    top = parse(place.source, Sink())
    node = top.get("extends") if isinstance(top, Map) else None
    ending = f":{symbol.name}"
    if not isinstance(node, Scalar) or not node.text.endswith(ending):
        return []
    return [node.part(len(node.text) - len(symbol.name), len(node.text))]


def extending(source: Source, documents: OpenTexts) -> Iterator[Place]:
    """The texts of a folder, and those below it, that extend a text; open ones with the editor's text."""
    if source.path is None:
        return
    seen: set[Path] = set()
    waiting = [source.path.resolve()]
    while waiting:
        target = waiting.pop()
        for path in _files(target.parent):
            other = documents.text_of(path) if path.resolve() not in (*seen, source.path.resolve()) else None
            base = extended(other) if other is not None else None
            if other is None or base is None or base.resolve() != target:
                continue
            seen.add(path.resolve())
            waiting.append(path.resolve())
            place = place_of(other)
            document = documents.by_path(path)
            if place is not None:
                yield Place(other, document.uri if document else place.uri, place.names)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in ENDINGS)[:MAX_FILES]
    except OSError:
        return []


def highlights(names: Names, at: Position) -> list[Json]:
    """The same name in the text."""
    found = names.at(at)
    symbol = found.symbol if found else None
    places = [each for each in names.occurrences if each.symbol is symbol]
    return [{"range": to_range(each.span), "kind": WRITE if each.is_definition else READ} for each in places]


def renamed(names: Names, at: Position) -> Occurrence:
    """The name that is to be renamed. Raises RequestError where that cannot be done."""
    found = names.at(at)
    if found is None or found.symbol.kind not in RENAMED:
        raise RequestError(REQUEST_FAILED, "the cursor is not on a name that this file defines")
    if found.symbol.definition is None:
        raise RequestError(REQUEST_FAILED, f"`{found.symbol.name}` is not defined in this file")
    if "$" in found.symbol.name:
        raise RequestError(REQUEST_FAILED, "an id with an expression in it is not renamed")
    symbol = found.symbol
    if symbol.kind == "param" and symbol.owner and (symbol.name in names.passed or symbol.owner in names.handed):
        raise RequestError(REQUEST_FAILED, f"`{symbol.name}` is passed to what a param holds: other blocks take it")
    return found


def rename(names: Names, uri: str, at: Position, name: str, others: Iterable[Place]) -> Json:
    """The edits that give a name to a symbol everywhere. Raises RequestError."""
    symbol = renamed(names, at).symbol
    if not FORMS[symbol.kind].fullmatch(name) or (symbol.kind in ("param", "loop") and name in NOT_PARAMS):
        raise RequestError(REQUEST_FAILED, f"`{name}` cannot name a {symbol.kind}")
    if symbol.kind == "id" and name in RESERVED:
        raise RequestError(REQUEST_FAILED, f"`{name}` is a word of cnnspec's own")
    if name in _taken(names, symbol):
        raise RequestError(REQUEST_FAILED, f"`{name}` is taken")
    changes = {uri: [{"range": to_range(span), "newText": name} for span in symbol.places]}
    for other in others:
        if spans := uses_in(other, symbol):
            changes[other.uri] = [{"range": to_range(span), "newText": name} for span in spans]
    return {"changes": changes}


def _taken(names: Names, symbol: Symbol) -> set[str]:
    """Names of the same kind and owner; layers, too, for a block."""
    from cnnspec.engine.layers import REGISTRY

    kinds = ("param", "loop") if symbol.kind in ("param", "loop") else (symbol.kind,)
    defined = [f.symbol for f in names.occurrences if f.is_definition and f.symbol.kind in kinds]
    same = {s.name for s in defined if s.owner == symbol.owner and (symbol.scope is None or s.scope is symbol.scope)}
    return same | (REGISTRY.keys() | {"Sequential"} if symbol.kind == "block" else set())
