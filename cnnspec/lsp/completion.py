"""Completion: what can be written where the cursor is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from cnnspec.engine.describe import about, default_words
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.layers.init import FUNCTIONS as INIT
from cnnspec.engine.lint import CODES
from cnnspec.engine.network import Node, Scope
from cnnspec.engine.spec import Param, builtin_blocks, known_specs
from cnnspec.engine.spec.items import GROUP, SCOPE, SHARE, is_operation
from cnnspec.engine.spec.patch import EDITS
from cnnspec.engine.spec.types import WORDS as TYPES
from cnnspec.engine.spec.validation_errors import WORDS_BESIDE, argument_words
from cnnspec.engine.syntax import Map, Scalar
from cnnspec.engine.syntax.functions import FUNCTIONS
from cnnspec.engine.syntax.grammar import LAYER_WORDS, SHAPE_WORDS
from cnnspec.lsp.analysis import Analysis
from cnnspec.lsp.cursor import MARK, Cursor
from cnnspec.lsp.keys import ITEM, families, properties
from cnnspec.lsp.positions import Json
from cnnspec.lsp.symbols import Names

CLASS, FIELD, VARIABLE, MODULE, PROPERTY, VALUE, ENUM, KEYWORD, REFERENCE, FUNCTION = 7, 5, 6, 9, 10, 12, 13, 14, 18, 3
PARAM_KEYS = ("type", "default", "min", "max", "choices", "description")
BLOCK_KEYS = ("description", "input", "params", "layers", "outputs")
HEAD_KEYS = ("from", "weight", "layers", "when", "after", "output")
PATCH_KEYS = (*EDITS, GROUP, "when")
Offer = dict[str, Any]


def offers(analysis: Analysis, cursor: Cursor, files: Iterable[str] = ()) -> list[Json]:
    """The words for the place of a cursor; ``files`` are those that `extends` can name."""
    found = _Offers(analysis, cursor, files)
    return list({offer["label"]: offer for offer in found.offers()}.values())


class _Offers:
    def __init__(self, analysis: Analysis, cursor: Cursor, files: Iterable[str]) -> None:
        self.analysis, self.cursor, self.files = analysis, cursor, files
        self.names = Names(cursor.tree)
        self.blocks = dict.fromkeys(self.names.blocks)

    @property
    def path(self) -> tuple[str, ...]:
        return self.cursor.path

    @property
    def owner(self) -> str:
        """The block that the cursor is in; the network, if it is in none."""
        return self.path[1] if self.path[:1] == ("blocks",) and len(self.path) > 1 else ""

    def offers(self) -> Iterator[Offer]:
        if self.cursor.expression:
            return self.expression()
        if self.analysis.kind != "spec":
            return self.operations_of_recipes()
        if not self.path and self.cursor.in_key:
            return self.keys(self.free(properties("spec")), properties("spec"))
        section = {
            "extends": self.bases,
            "params": self.param,
            "variants": self.variant,
            "blocks": self.block,
            "layers": lambda: self.line(self.path[1:]),
            "aux": self.head,
            "outputs": lambda: self.ids(),
            "patch": self.patch,
            "init": self.init,
            "lint": self.lint,
        }.get(self.path[0] if self.path else "")
        return section() if section else iter(())

    def free(self, keys: Collection[str]) -> list[str]:
        """The keys that the mapping at the cursor does not have yet."""
        used = {entry.key.text for entry in self.cursor.siblings or ()}
        return [key for key in keys if key not in used]

    def keys(self, names: Iterable[str], described: Mapping[str, Any] | None = None) -> Iterator[Offer]:
        for name in names:
            words = (described or {}).get(name, {}).get("description", "") if described else ""
            yield _offer(name, PROPERTY, words, insert=f"{name}: " if self.needs_colon else name)

    @property
    def needs_colon(self) -> bool:
        return not self.cursor.after.lstrip().startswith(":")

    # --------------------------------------------------------------------------------------------------- sections

    def bases(self) -> Iterator[Offer]:
        for name in known_specs():
            yield _offer(name, MODULE, "ships with cnnspec")
        for file in self.files:
            yield _offer(file, MODULE, "a file in this folder")

    def param(self) -> Iterator[Offer]:
        if len(self.path) == 2 and self.cursor.in_key:
            return self.keys(self.free(PARAM_KEYS))
        return self.param_value(self.path[1:])

    def param_value(self, path: tuple[str, ...]) -> Iterator[Offer]:
        if path[-1:] == ("type",) or len(path) == 1:
            for name, words in TYPES.items():
                yield _offer(name, KEYWORD, words)
            yield _offer('"list[int]"', KEYWORD, "a list of whole numbers")
        if path[-1:] == ("default",) or ITEM in path:
            yield from self.layers(bare=True)

    def variant(self) -> Iterator[Offer]:
        if len(self.path) == 2 and self.cursor.in_key:
            return (
                _offer(symbol.name, VARIABLE, "param", insert=f"{symbol.name}: " if self.needs_colon else symbol.name)
                for symbol in self.names.params_of("")
                if symbol.name in self.free([symbol.name])
            )
        return self.layers(bare=True) if len(self.path) >= 3 else iter(())

    def block(self) -> Iterator[Offer]:
        if len(self.path) == 2 and self.cursor.in_key:
            return self.keys(self.free(BLOCK_KEYS))
        section = self.path[2] if len(self.path) > 2 else ""
        if section == "layers":
            return self.line(self.path[3:])
        if section == "params":
            if len(self.path) == 4 and self.cursor.in_key:
                return self.keys(self.free(PARAM_KEYS))
            return self.param_value(self.path[3:])
        return self.ids() if section == "outputs" else iter(())

    def head(self) -> Iterator[Offer]:
        if len(self.path) == 2 and self.cursor.in_key:
            return self.keys(self.free(HEAD_KEYS))
        word = self.path[2] if len(self.path) > 2 else ""
        if word == GROUP:
            return self.line(self.path[3:])
        return self.ids() if word in ("from", "after") else iter(())

    def patch(self) -> Iterator[Offer]:
        if len(self.path) == 2 and self.cursor.in_key:
            return self.keys(self.free(PATCH_KEYS))
        if len(self.path) > 2 and self.path[2] == GROUP:
            return self.line(self.path[3:])
        return self.base_keys() if len(self.path) > 2 and self.path[2] in EDITS else iter(())

    def base_keys(self) -> Iterator[Offer]:
        """The keys of the layers that a patch can name."""
        graph = self.analysis.graph
        parts: list[Node | Scope] = [*graph.root.scopes(), *graph.nodes] if graph else []
        for part in parts:
            yield _offer(part.key, REFERENCE, part.type)

    def init(self) -> Iterator[Offer]:
        if len(self.path) == 1 and self.cursor.in_key:
            return (
                _offer(name, CLASS, about(layer), insert=f"{name}: ")
                for name, layer in REGISTRY.items()
                if layer.trains
            )
        return (_offer(name, FUNCTION, about(function)) for name, function in INIT.items())

    def lint(self) -> Iterator[Offer]:
        if self.cursor.in_key:
            return self.keys(["ignore"])
        return (_offer(code, ENUM, "a warning") for code in sorted(CODES))

    # ------------------------------------------------------------------------------------------------------ lines

    def line(self, path: tuple[str, ...]) -> Iterator[Offer]:
        """What can be written at a place of a chain; ``path`` begins after the key of the chain."""
        inner = _behind_last_item(path)
        if path and inner == ():
            return (
                self.words() if self.cursor.in_key and self.has_operation else self.layers(bare=not self.cursor.in_key)
            )
        if inner[:1] in (("from",), (SHARE,)):
            return self.ids(share=inner[0] == SHARE)
        if not inner or not is_operation(inner[0]) or inner[0] in (GROUP, SCOPE, *JOINS):
            return iter(())
        if len(inner) == 1 and self.cursor.in_key:
            return self.arguments(inner[0])
        return self.values(inner[0], inner[1]) if len(inner) > 1 else iter(())

    @property
    def has_operation(self) -> bool:
        names = self.cursor.siblings.names() if self.cursor.siblings else []
        return any(is_operation(name) for name in names if MARK not in name)

    def words(self) -> Iterator[Offer]:
        from cnnspec.engine.schema.items import words

        return self.keys(self.free(WORDS_BESIDE), words())

    def layers(self, *, bare: bool) -> Iterator[Offer]:
        """Layers, blocks, and params of type layer; ``bare`` without a colon."""
        ending = "" if bare or not self.needs_colon else ": "
        for name, layer in REGISTRY.items():
            insert = f"{name}: {{" if ending and _required(layer) else f"{name}{ending}"
            yield _offer(name, CLASS, about(layer).split("\n")[0], insert=insert.removesuffix("{"))
        for name, block in builtin_blocks().items():
            yield _offer(name, MODULE, block.description or "a built-in block", insert=f"{name}{ending}")
        for name in self.names.blocks:
            yield _offer(name, MODULE, "a block of this spec", insert=f"{name}{ending}")
        for symbol in self.names.params_of(self.owner):
            if _holds_layer(symbol.value):
                yield _offer(f"${symbol.name}", VARIABLE, "a param", insert=f"${symbol.name}{ending}")
        for word, words in ((SCOPE, "a scope of lines"), (GROUP, "a group of lines"), (SHARE, "a module once more")):
            yield _offer(word, KEYWORD, words, insert=f"{word}: " if self.needs_colon else word)

    def arguments(self, operation: str) -> Iterator[Offer]:
        """The arguments of a layer, or the params of a block, that are not stated yet."""
        if operation in self.names.blocks:
            for symbol in self.names.params_of(operation):
                if symbol.name in self.free([symbol.name]):
                    yield _offer(symbol.name, FIELD, f"param of {operation}", insert=self.colon(symbol.name))
        elif operation in builtin_blocks():
            for name in self.free(builtin_blocks()[operation].params):
                param = builtin_blocks()[operation].params[name]
                yield _offer(name, FIELD, param.description or param.type.words, insert=self.colon(name))
        elif operation in REGISTRY:
            for name in self.free(REGISTRY[operation].model_fields):
                words = (
                    f"{argument_words(REGISTRY[operation], name)}; default: {default_words(REGISTRY[operation], name)}"
                )
                required = default_words(REGISTRY[operation], name) == "required"
                yield _offer(name, FIELD, words, insert=self.colon(name), sort=f"{0 if required else 1}{name}")

    def colon(self, name: str) -> str:
        return f"{name}: " if self.needs_colon else name

    def values(self, operation: str, argument: str) -> Iterator[Offer]:
        """The words that an argument takes, and the params."""
        if operation in REGISTRY and argument in REGISTRY[operation].model_fields:
            for word in _literals(REGISTRY[operation], argument):
                yield _offer(word, ENUM, f"{operation}.{argument}")
        elif _is_layer_param(self.param_of(operation, argument), self.names, operation, argument):
            yield from self.layers(bare=True)
        for symbol in self.names.params_of(self.owner):
            yield _offer(f"${symbol.name}", VARIABLE, "a param", insert=f"${symbol.name}")

    @staticmethod
    def param_of(operation: str, argument: str) -> Param | None:
        block = builtin_blocks().get(operation)
        return block.params.get(argument) if block else None

    def ids(self, *, share: bool = False) -> Iterator[Offer]:
        """The ids of lines above, and the words for the line above and the input."""
        defined = (found.symbol for found in self.names.occurrences if found.is_definition)
        for symbol in defined:
            if symbol.kind == "id" and symbol.owner == self.owner and MARK not in symbol.name:
                yield _offer(symbol.name, REFERENCE, "the id of a line")
        for word, words in (("prev", "the line above"), ("input", "the input")) if not share else ():
            yield _offer(word, KEYWORD, words)

    # ------------------------------------------------------------------------------------------------ expressions

    def expression(self) -> Iterator[Offer]:
        for symbol in self.names.params_of(self.owner):
            yield _offer(symbol.name, VARIABLE, "a param")
        loops = {
            f.symbol.name for f in self.names.occurrences if f.symbol.kind == "loop" and f.symbol.owner == self.owner
        }
        for name in sorted(loops | {"index"}):
            if MARK not in name:
                yield _offer(name, VARIABLE, "a name of a loop")
        if "(" not in self.cursor.before.rpartition("$")[2]:
            return
        for word in SHAPE_WORDS:
            yield _offer(f"in.{word}", PROPERTY, "of the shape that arrives")
        for word in LAYER_WORDS if self.path[:1] == ("init",) else ():
            yield _offer(f"layer.{word}", PROPERTY, "of the layer that is filled")
        for name in FUNCTIONS:
            yield _offer(name, FUNCTION, "a function", insert=f"{name}(")

    # ----------------------------------------------------------------------------------------- recipes and sweeps

    def operations_of_recipes(self) -> Iterator[Offer]:
        kind = self.analysis.kind
        if not self.path and self.cursor.in_key:
            yield from self.keys(self.free(properties(kind)), properties(kind))
        members = families().get(self.path[0], {}) if self.path else {}
        inner = tuple(step for step in self.path[1:] if step != ITEM)
        if members and not inner:
            for name, member in members.items():
                yield _offer(name, CLASS, about(member).split("\n")[0])
        elif members and inner[0] in members:
            model = members[inner[0]]
            if len(inner) == 1 and self.cursor.in_key:
                for name in self.free(model.model_fields):
                    yield _offer(name, FIELD, argument_words(model, name), insert=self.colon(name))
            elif len(inner) > 1 and inner[1] in model.model_fields:
                for word in _literals(model, inner[1]):
                    yield _offer(word, ENUM, f"{inner[0]}.{inner[1]}")


def _behind_last_item(path: tuple[str, ...]) -> tuple[str, ...]:
    """The keys after the last item of a chain; a list inside arguments has no items of a chain."""
    at = 0
    for number, step in enumerate(path):
        if step == ITEM:
            below = path[at:number]
            if number and below and is_operation(below[0]) and below[0] not in (GROUP, SCOPE, *JOINS):
                break
            if below[:1] == ("from",):
                break
            at = number + 1
    return path[at:]


def _required(layer: type[BaseModel]) -> bool:
    return any(field.is_required() for field in layer.model_fields.values())


def _holds_layer(node: object) -> bool:
    """Whether a declaration is of a param that holds a layer."""
    if isinstance(node, Map):
        kind = node.get("type")
        return isinstance(kind, Scalar) and kind.text.startswith("layer")
    return isinstance(node, Scalar) and (node.text.startswith("layer") or node.text in REGISTRY)


def _is_layer_param(param: Param | None, names: Names, operation: str, argument: str) -> bool:
    if param is not None:
        return param.type.base == "layer"
    symbol = names.params.get((operation, argument))
    return symbol is not None and _holds_layer(symbol.value)


def _literals(model: type[BaseModel], argument: str) -> list[str]:
    """The words that an argument takes."""
    found: list[str] = []
    waiting: list[Any] = [model.model_fields[argument].annotation]
    while waiting:
        kind = waiting.pop()
        if get_origin(kind) is Literal:
            found += [str(word) for word in get_args(kind) if isinstance(word, str)]
        elif kind is bool:
            found += ["true", "false"]
        else:
            waiting += [each for each in get_args(kind) if not isinstance(each, str | int | float)]
    return found


def _offer(label: str, kind: int, words: str, insert: str = "", sort: str = "") -> Offer:
    offer: Offer = {"label": label, "kind": kind, "detail": words.split("\n")[0][:120]}
    if insert and insert != label:
        offer["insertText"] = insert
    return offer | ({"sortText": sort} if sort else {})
