"""The names of a spec: where each is defined, and where it is used.

    symbol      kind        defined by                                   used by
    width       param       params: of the network or of a block         $width, arguments of calls, variants
    conv1       id          id: of a line, input: of the network          from, share, outputs, aux
    Stage       block       blocks:                                       operations, values of type layer
    resnet50    variant     variants:
    index       loop name   foreach:                                      $index
    Conv2d      layer       torch.nn                                      operations, values of type layer

It reads the tree alone, so that a spec with mistakes still has its names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Span
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.layers.init import FUNCTIONS, Function
from cnnspec.engine.spec import builtin_blocks
from cnnspec.engine.spec.items import GROUP, SCOPE, SHARE, is_operation
from cnnspec.engine.spec.patch import EDITS
from cnnspec.engine.spec.validation_errors import WORDS_BESIDE
from cnnspec.engine.syntax import ExpressionError, Map, Node, Scalar, Seq, template
from cnnspec.engine.syntax.expr import Expr
from cnnspec.lsp.positions import Position, contains

Kind = Literal["param", "id", "block", "variant", "loop", "layer", "argument", "init", "word"]
NAME = re.compile(r"[A-Z]\w*")
RESERVED_IDS = ("prev", "input", "in")


class Symbol(Struct, eq=False):
    """A name with its definition; None if another text or cnnspec defines it. ``owner`` is the block that it is in."""

    kind: Kind
    name: str
    owner: str = ""
    definition: Span | None = None
    value: Node | None = None  # what the definition says of it
    uses: list[Span] = field(default_factory=list)
    scope: NameScope | None = None  # of an id

    @property
    def places(self) -> list[Span]:
        """The definition and all uses, each once: lines that an alias repeats are written once."""
        spans = [*([self.definition] if self.definition else []), *self.uses]
        return list({(span.line, span.column): span for span in spans}.values())


class Occurrence(Struct, frozen=True, eq=False):
    """A place where a name is written."""

    span: Span
    symbol: Symbol
    is_definition: bool = False


class NameScope:
    """The names that a line can use: its own scope's first, then those of the scopes around it."""

    def __init__(self, owner: str, parent: NameScope | None = None) -> None:
        self.owner, self.parent = owner, parent
        self.ids: dict[str, Symbol] = {}
        self.loops: dict[str, Symbol] = {}

    def find_id(self, name: str) -> Symbol | None:
        scope: NameScope | None = self
        while scope is not None:
            for written, symbol in reversed(scope.ids.items()):
                if written == name or ("$" in written and pattern(written).fullmatch(name)):
                    return symbol
            scope = scope.parent
        return None

    def find_loop(self, name: str) -> Symbol | None:
        scope: NameScope | None = self
        while scope is not None:
            if name in scope.loops:
                return scope.loops[name]
            scope = scope.parent
        return None


def pattern(written: str) -> re.Pattern[str]:
    """Which ids a text with expressions may stand for."""
    return re.compile(".*".join(map(re.escape, re.split(r"\$\([^)]*\)|\$\w+", written))))


class Names:
    """All names of one text, in the order of their places."""

    def __init__(self, top: Map | None) -> None:
        self.occurrences: list[Occurrence] = []
        self.params: dict[tuple[str, str], Symbol] = {}
        self.blocks: dict[str, Symbol] = {}
        self.variants: dict[str, Symbol] = {}
        self.others: dict[tuple[Kind, str, str], Symbol] = {}
        self.network = NameScope("")
        self.keys: list[Scalar] = []  # of layers: what `init` and `patch` reach
        self.passed: set[str] = set()  # arguments that are given to what a param holds
        self.handed: set[str] = set()  # blocks that are given to operations of other texts
        self.heads: dict[str, NameScope] = {}
        if top is not None:
            self._definitions(top)
            for entry in top:
                self._section(entry.key.text, entry.value)
            for key in self.keys:
                self._parts_of_key(key)
        once = {(found.span.line, found.span.column): found for found in reversed(self.occurrences)}
        self.occurrences = [once[place] for place in sorted(once)]

    def at(self, position: Position) -> Occurrence | None:
        """The name that is written at a place."""
        after = Position(position.line, position.column + 1)  # a cursor on the `$` of a name
        found = [each for each in self.occurrences if contains(each.span, position)] or [
            each for each in self.occurrences if each.span.text and _is_dollar(each.span) and contains(each.span, after)
        ]
        return min(found, key=lambda each: each.span.end_column - each.span.column, default=None)

    def params_of(self, owner: str) -> list[Symbol]:
        """The params of the network, or of a block."""
        return [symbol for (block, _), symbol in self.params.items() if block == owner]

    # ------------------------------------------------------------------------------------------------- definitions

    def _definitions(self, top: Map) -> None:
        """What is defined anywhere in the text, so that a use may come before it."""
        for key, value in _entries(top.get("blocks")):
            self.blocks[key.text] = self._define("block", key, "", value)
            self._params(value.get("params") if isinstance(value, Map) else None, key.text)
        self._params(top.get("params"), "")
        for key, value in _entries(top.get("variants")):
            self.variants[key.text] = self._define("variant", key, "", value)
        for key, value in _entries(top.get("input")):
            self.network.ids[key.text] = self._define("id", key, "", value)

    def _params(self, node: Node | None, owner: str) -> None:
        for key, value in _entries(node):
            self.params[owner, key.text] = self._define("param", key, owner, value)

    def _define(self, kind: Kind, key: Scalar, owner: str, value: Node | None = None) -> Symbol:
        symbol = Symbol(kind, key.text, owner, key.span, value)
        self.occurrences.append(Occurrence(key.span, symbol, is_definition=True))
        return symbol

    def _use(self, symbol: Symbol, span: Span) -> None:
        symbol.uses.append(span)
        self.occurrences.append(Occurrence(span, symbol))

    def _other(self, kind: Kind, name: str, owner: str, span: Span) -> None:
        """A use of what this text does not define."""
        self._use(self.others.setdefault((kind, owner, name), Symbol(kind, name, owner)), span)

    # --------------------------------------------------------------------------------------------------- sections

    def _section(self, key: str, node: Node) -> None:
        read: Callable[[], None] | None = {
            "params": lambda: self._declared(node, self.network),
            "variants": lambda: self._variants(node),
            "layers": lambda: self._chain(node, self.network),
            "blocks": lambda: self._blocks(node),
            "aux": lambda: self._heads(node),
            "outputs": lambda: self._outputs(node, self.network),
            "patch": lambda: self._patches(node),
            "init": lambda: self._init(node),
            "input": lambda: self._values(node, self.network),
        }.get(key)
        if read is not None:
            read()

    def _declared(self, node: Node | None, scope: NameScope) -> None:
        for _, value in _entries(node):
            inner = [each for key, each in _entries(value) if key.text in ("default", "choices")] or [value]
            for each in inner:
                self._values(each, scope)

    def _variants(self, node: Node) -> None:
        for _, settings in _entries(node):
            for key, value in _entries(settings):
                self._param(key, "")
                self._values(value, self.network)

    def _param(self, key: Scalar, owner: str, kind: Kind = "param") -> None:
        symbol = self.params.get((owner, key.text))
        if symbol is not None:
            self._use(symbol, key.span)
        else:
            self._other(kind, key.text, owner, key.span)

    def _blocks(self, node: Node) -> None:
        for key, definition in _entries(node):
            if not isinstance(definition, Map):
                continue
            scope = NameScope(key.text)
            for each in _items(definition.get("input")):
                if isinstance(each, Scalar):
                    scope.ids[each.text] = self._define("id", each, key.text)
            self._declared(definition.get("params"), scope)
            self._chain(definition.get("layers"), scope)
            self._outputs(definition.get("outputs"), scope)

    def _outputs(self, node: Node | None, scope: NameScope) -> None:
        for _, value in _entries(node):
            self._ids(value, scope)

    def _heads(self, node: Node) -> None:
        for name, head in _entries(node):
            for key, value in _entries(head):
                if key.text in ("from", "after"):
                    self._ids(value, self.network)
                elif key.text in ("when", "weight"):
                    self._values(value, self.network)
                elif key.text == GROUP:
                    self.heads[name.text] = NameScope("", self.network)
                    self._chain(value, self.heads[name.text])

    def _patches(self, node: Node) -> None:
        for patch in _items(node):
            for key, value in _entries(patch):
                if key.text in EDITS and isinstance(value, Scalar):
                    self.keys.append(value)
                elif key.text == GROUP:
                    self._chain(value, self.network)
                elif key.text == "when":
                    self._values(value, self.network)

    def _init(self, node: Node) -> None:
        for key, rule in _entries(node):
            if NAME.fullmatch(key.text):
                self._layer(key.text, key.span)
            else:
                self.keys.append(key)
            self._init_values(rule)

    def _parts_of_key(self, key: Scalar) -> None:
        """The ids in a key such as ``features.*.conv1``; one that several lines have is nobody's."""
        at = 0
        scope: NameScope | None = self.network
        for part in key.text.split("."):
            named = {id(f.symbol): f.symbol for f in self.occurrences if f.is_definition and f.symbol.name == part}
            ids = [symbol for symbol in named.values() if symbol.kind == "id"]
            symbol = scope.ids.get(part) if scope else None
            scope = self.heads.get(part) if at == 0 else None
            if symbol is not None or len(ids) == 1:
                self._use(symbol or ids[0], key.part(at, at + len(part)))
            elif part and "*" not in part and not part.isdigit():
                self._other("id", part, "", key.part(at, at + len(part)))
            at += len(part) + 1

    def _init_values(self, node: Node) -> None:
        names = {function.__name__ for function in _functions()}
        for key, value in _entries(node):
            if key.text in names:
                self._other("init", key.text, "", key.span)
            if isinstance(value, Scalar) and value.text in names:
                self._other("init", value.text, "", value.span)
            if isinstance(value, Map):
                self._init_values(value)
            else:
                self._values(value, self.network)

    # ------------------------------------------------------------------------------------------------------ lines

    def _chain(self, node: Node | None, scope: NameScope) -> None:
        for item in _items(node):
            if isinstance(item, Scalar):
                self._operation(item, scope)
            elif isinstance(item, Map):
                self._item(item, scope)

    def _item(self, item: Map, scope: NameScope) -> None:
        inner = NameScope(scope.owner, scope)
        for key, value in _entries(item.get("foreach")):
            inner.loops[key.text] = self._define("loop", key, scope.owner, value)
            self._values(value, scope)
        for entry in item:
            word, value = entry.key.text, entry.value
            if word in WORDS_BESIDE:
                self._word(word, value, inner)
            elif word == SHARE:
                self._ids(value, inner)
            elif is_operation(word):
                self._operation(entry.key, inner)
                self._body(word, value, inner, scope)
        name = item.get("id")
        if isinstance(name, Scalar) and name.text:
            symbol = self._define("id", name, scope.owner, item)
            symbol.scope = scope
            scope.ids[name.text] = symbol
            self._expressions(name, inner)

    def _word(self, word: str, value: Node, scope: NameScope) -> None:
        if word == "from":
            self._ids(value, scope)
        elif word in ("repeat", "when"):
            self._values(value, scope)

    def _body(self, operation: str, value: Node, scope: NameScope, around: NameScope) -> None:
        """What follows an operation's colon; ids of a group and of unnamed paths are those of the scope around it."""
        if operation == GROUP:
            self._chain(value, _sharing_ids(scope, around))
        elif operation == SCOPE:
            self._chain(value, NameScope(scope.owner, scope))
        elif operation in JOINS and isinstance(value, Seq):
            for path in value.items:
                self._path(path, _sharing_ids(scope, around))
        elif operation in JOINS:
            for _, path in _entries(value):
                self._path(path, NameScope(scope.owner, scope))
        else:
            self._arguments(operation, value, scope)

    def _path(self, path: Node, scope: NameScope) -> None:
        if isinstance(path, Map):
            inner = _sharing_ids(scope, scope)
            for key, value in _entries(path.get("foreach")):
                inner.loops[key.text] = self._define("loop", key, scope.owner, value)
                self._values(value, scope)
            self._values(path.get("repeat"), scope)
            self._values(path.get("when"), inner)
            self._chain(path.get(GROUP), inner)
        else:
            self._chain(path, scope)

    def _arguments(self, operation: str, value: Node, scope: NameScope) -> None:
        for key, argument in _entries(value):
            if operation[:1] == "$":
                self.passed.add(key.text)
            if operation not in self.blocks and isinstance(argument, Scalar) and argument.text in self.blocks:
                self.handed.add(argument.text)
            self._param(key, operation, "argument")
            self._values(argument, scope)

    def _operation(self, name: Scalar, scope: NameScope) -> None:
        if "$" in name.text:
            self._expressions(name, scope)
        elif name.text in (GROUP, SCOPE, SHARE):
            self._other("word", name.text, "", name.span)
        elif NAME.fullmatch(name.text):
            self._layer(name.text, name.span)

    def _layer(self, name: str, span: Span) -> None:
        if name in self.blocks:
            self._use(self.blocks[name], span)
        else:
            self._other("layer", name, "", span)

    def _ids(self, node: Node, scope: NameScope) -> None:
        named = [value for _, value in _entries(node)]  # the inputs of a block by name
        for name in named or _items(node) or (node,):
            if isinstance(name, Scalar) and name.text:
                self._id(name, scope)

    def _id(self, name: Scalar, scope: NameScope) -> None:
        if "$" in name.text:
            self._expressions(name, scope)
            return
        base = name.text.partition(".")[0]
        symbol = scope.find_id(name.text) or scope.find_id(base)
        if symbol is not None:
            length = len(name.text) if symbol is scope.find_id(name.text) else len(base)
            self._use(symbol, name.part(0, length) if length < len(name.text) else name.span)
        elif name.text not in RESERVED_IDS:
            self._other("id", name.text, scope.owner, name.span)

    # ----------------------------------------------------------------------------------------------------- values

    def _values(self, node: Node | None, scope: NameScope) -> None:
        match node:
            case Scalar():
                if "$" in node.text:
                    self._expressions(node, scope)
                elif isinstance(node.value, str) and self._is_layer(node.text):
                    self._layer(node.text, node.span)
            case Seq():
                for item in node.items:
                    self._values(item, scope)
            case Map():
                for entry in node:
                    if self._is_layer(entry.key.text):
                        self._layer(entry.key.text, entry.key.span)
                        self._arguments(entry.key.text, entry.value, scope)
                    else:
                        self._values(entry.value, scope)

    def _is_layer(self, name: str) -> bool:
        return name in self.blocks or name in REGISTRY or name in builtin_blocks()

    def _expressions(self, node: Scalar, scope: NameScope) -> None:
        try:
            found = template(node.text)
        except ExpressionError:
            return
        for expr in _parts(found.parts if found else ()):
            if expr.op == "name":
                self._name(expr.args[0], node.part(expr.start, expr.end), scope)
            elif expr.op == "literal" and expr.args[0] in self.blocks:
                self._use(self.blocks[expr.args[0]], node.part(expr.start + 1, expr.end - 1))

    def _name(self, name: str, span: Span, scope: NameScope) -> None:
        symbol = scope.find_loop(name) or self.params.get((scope.owner, name))
        if symbol is not None:
            self._use(symbol, span)
        else:
            self._other("loop" if name == "index" else "param", name, scope.owner, span)


def _is_dollar(span: Span) -> bool:
    """Whether a name follows a `$`."""
    return span.source.line(span.line)[: span.column - 1].endswith("$")


def _sharing_ids(scope: NameScope, around: NameScope) -> NameScope:
    """A scope of loop names whose ids are those of another."""
    inner = NameScope(scope.owner, scope)
    inner.ids = around.ids
    return inner


def _functions() -> list[type[Function]]:
    """The functions of `init`."""
    return list(FUNCTIONS.values())


def _entries(node: Node | None) -> Iterator[tuple[Scalar, Node]]:
    for entry in node.entries if isinstance(node, Map) else ():
        yield entry.key, entry.value


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Seq) else ()


def _parts(parts: object) -> Iterator[Expr]:
    """Every expression inside others, outer ones first."""
    for part in parts if isinstance(parts, tuple) else (parts,):
        if isinstance(part, Expr):
            yield part
            yield from _parts(part.args)
        elif isinstance(part, tuple):
            yield from _parts(part)
