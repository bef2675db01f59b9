"""What is wrong whatever the values are: unknown names, misspelt arguments, literals of a wrong type.

Found in every line, also in those that no variant reaches. What depends on values is left to the expansion,
which meets these mistakes again; the sink keeps each once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from heapq import nsmallest

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, did_you_mean, listing
from cnnspec.engine.diagnostics.diagnostic import MAX_FOUND
from cnnspec.engine.layers import JOINS, REGISTRY
from cnnspec.engine.spec import arguments as args
from cnnspec.engine.spec.arguments import Argument, BadValue
from cnnspec.engine.spec.edits import rename, respell
from cnnspec.engine.spec.init import argument_nodes
from cnnspec.engine.spec.items import GROUP, SCOPE, SHARE
from cnnspec.engine.spec.missing_dollar import without_dollar
from cnnspec.engine.spec.model import Block, Head, Item, Param, Path, Spec
from cnnspec.engine.spec.name_lookup import check_sources
from cnnspec.engine.spec.params import ParamError, fitting, mismatch, name_is_sound, variant_arguments
from cnnspec.engine.spec.split_values import Cut, cuts
from cnnspec.engine.spec.types import TypeMismatch
from cnnspec.engine.spec.unknown import unknown_layer, with_layout
from cnnspec.engine.spec.validation_errors import missing_argument, unknown_argument, validate, without_consequences
from cnnspec.engine.syntax import Entry, ExpressionError, Map, Node, Scalar, Seq, shown, template

AS_IN_PYTHON = {"True": "true", "False": "false", "None": "null"}
MAX_TOLD = 20  # names that a message lists


def check_definitions(spec: Spec, own: Collection[str], sink: Sink) -> None:
    """Checks the spec's chain, its own blocks (by their names, the broken ones too) and its variants."""
    known = frozenset({*REGISTRY, *spec.blocks, SCOPE, *own})
    checker = _SpecChecker(spec, spec.params, known, sink)
    checker.chain(spec.layers)
    for head in spec.aux:
        checker.head(head)
    for arguments in argument_nodes(spec.init):
        checker.expressions(arguments, frozenset(spec.params))
    for name in own:
        if name in spec.blocks:
            _SpecChecker(spec, spec.blocks[name].params, known, sink).chain(spec.blocks[name].layers)
    _check_patches(spec, known, sink)
    check_sources(spec, own, sink)
    _check_variants(spec, sink)


def _check_patches(spec: Spec, known: frozenset[str], sink: Sink) -> None:
    """The lines of patches. They may read what can be read where they are put, which may be in any definition."""
    if not spec.patches:
        return
    definitions = [(spec.params, spec.layers), *((block.params, block.layers) for block in spec.blocks.values())]
    names = {name for params, items in definitions for name in (*params, *_loop_names(items))}
    for patch in (patch for below in spec.patches for patch in below.patches):
        _SpecChecker(spec, spec.params, known, sink).expressions(patch.when, frozenset(spec.params))
        _PatchChecker(spec, spec.params, known, sink).chain(patch.items, frozenset(names))


def _loop_names(items: tuple[Item, ...]) -> set[str]:
    """What the loops of a chain and of all that is in it add to the names."""
    names: set[str] = set()
    for item in items:
        names |= {*item.foreach.names(), "index"} if item.foreach is not None else set()
        names |= {"index"} if item.repeat is not None else set()
        names |= _loop_names(item.body or ())
        for path in item.paths or ():
            names |= {*path.foreach.names(), "index"} if path.foreach is not None else set()
            names |= {"index"} if path.repeat is not None else set()
            names |= _loop_names(path.items)
    return names


def _check_variants(spec: Spec, sink: Sink) -> None:
    layers = {*REGISTRY, *spec.blocks}
    for variant in spec.variants.values():
        if sink.full:
            return
        try:
            given = variant_arguments(variant)
        except ParamError as error:
            sink.add(error.diagnostics[0])
            continue
        for name, argument in given.items():
            _check_setting(spec, name, argument, layers, sink)


def _check_setting(spec: Spec, name: str, argument: Argument, layers: set[str], sink: Sink) -> None:
    if name not in spec.params:
        sink.add(unknown_param(spec.params, name, argument.entry))
        return
    if spec.params[name].broken:
        return
    try:
        fitting(spec.params[name], argument.value, layers)
    except TypeMismatch as error:
        sink.add(mismatch(spec.params[name], argument, error))


def unknown_param(params: Mapping[str, object], name: str, entry: Entry) -> Diagnostic:
    """A variant that sets what is no param."""
    told = [f"`{p}`" for p in [*params][:MAX_TOLD]]
    help = (
        f"the params are {listing(told)}{', …' * (len(params) > MAX_TOLD)}"
        if params
        else "this spec declares no params"
    )
    label = Label(entry.key.span, did_you_mean(name, params))
    repairs = respell(entry.key.span, name, params)
    return Diagnostic("unknown-param", f"no param is called `{name}`", label, help=help, repairs=repairs)


class _SpecChecker:
    """Checks the lines of one definition, in which ``params`` are known."""

    def __init__(self, spec: Spec, params: Mapping[str, Param], known: frozenset[str], sink: Sink) -> None:
        self.spec = spec
        self.params = params
        self.sink = sink
        self.known = known
        self.names: Collection[str] = params  # those that the line at hand may read
        self.unsure = False  # whether it may read others: a loop around it is wrong
        self.sound: set[tuple[str, str]] = set()  # layers with arguments, as they are written, that are right

    def chain(self, items: tuple[Item, ...], names: frozenset[str] | None = None) -> None:
        names = frozenset(self.params) if names is None else names
        for item in items:
            if self.sink.full:
                return
            inside = self.names_inside(item, names)
            unsure, self.unsure = self.unsure, self.unsure or item.unread_loop
            self.words(item, names, inside)
            self.operation(item, inside)
            self.chain(item.body or (), inside)
            for path in item.paths or ():
                self.path(path, inside)
            self.unsure = unsure

    def path(self, path: Path, names: frozenset[str]) -> None:
        """A path of a join: its words, and its chain."""
        inside = self.names_inside(path, names)
        self.loop(path, names)
        self.expressions(path.name, inside)
        self.expressions(path.when, inside)
        self.chain(path.items, inside)

    def head(self, head: Head) -> None:
        """An aux head: its words, and its chain."""
        for node in (head.weight, head.when):
            self.expressions(node, frozenset(self.params))
        self.chain(head.layers)

    @staticmethod
    def names_inside(item: Item | Path, names: frozenset[str]) -> frozenset[str]:
        """What the own loop of a line or a path adds to the names."""
        if item.foreach is not None:
            names |= {*item.foreach.names(), "index"}
        return names | {"index"} if item.repeat is not None else names

    def words(self, item: Item, names: frozenset[str], inside: frozenset[str]) -> None:
        if isinstance(item.node, Scalar):
            return  # a bare name has none
        self.loop(item, names)
        self.expressions(item.id, inside)
        self.expressions(item.shared, inside)
        self.expressions(item.when, inside)
        for source in item.sources or ():
            self.expressions(source, inside)
        self.plain_word(item.when, "when", "true or false", inside)

    def loop(self, line: Item | Path, names: frozenset[str]) -> None:
        for entry in line.foreach or ():
            name_is_sound(entry.key, self.sink)
        each = frozenset(line.foreach.names()) | {"index"} if line.foreach is not None else frozenset()
        self.expressions(line.foreach, names)
        self.expressions(line.repeat, names | each)
        self.plain_word(line.repeat, "repeat", "a whole number", names | each)

    def plain_word(self, node: Node | None, word: str, what: str, names: frozenset[str]) -> None:
        """A text in place of a condition or a number that is the name of a param."""
        if node is not None and (repairs := without_dollar(node, names)):
            code = "bad-repeat" if word == "repeat" else "wrong-type"
            message = f"`{word}` is {what}, not {shown(node)}"
            self.sink.add(Diagnostic(code, message, Label(node.span), repairs=repairs))

    def expressions(self, node: Node | None, names: frozenset[str]) -> None:
        """Syntax and names of every expression in a node."""
        match node:
            case Scalar():
                self.expression(node, names)
            case Seq():
                for child in node.items:
                    self.expressions(child, names)
            case Map():
                for entry in node:
                    self.expressions(entry.value, names)

    def expression(self, node: Scalar, names: frozenset[str]) -> None:
        try:
            found = template(node.text) if "$" in node.text else None
        except ExpressionError as error:
            self.sink.add(args.at(node, error).diagnostic())
            return
        for name in sorted(found.names - names) if found and not self.unsure else ():
            self.sink.add(self.unknown_name(node, name, names))

    def unknown_name(self, node: Scalar, name: str, names: Collection[str]) -> Diagnostic:
        at = re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", node.text)
        start = at.start() if at else 0
        span = node.part(start, start + len(name))
        told = [f"`{n}`" for n in nsmallest(MAX_TOLD, names)]
        help = (
            f"defined here: {listing(told)}{', …' * (len(names) > MAX_TOLD)}"
            if names
            else "no params are declared here"
        )
        label, repairs = Label(span, did_you_mean(name, names)), respell(span, name, names)
        message = f"the name `{name}` is not defined here"
        labels: tuple[Label, ...] = ()
        if name == "index":
            help = "`index` counts the rounds of a line with `repeat` or `foreach`, but this line has neither"
        elif name in AS_IN_PYTHON:
            repairs = rename(span, AS_IN_PYTHON[name])
        elif self.params is not self.spec.params and name in self.spec.params:
            labels = (Label(self.spec.params[name].name.span, "a param of the network"),)
            help = f"a block sees only its own params: declare `{name}` in it and pass it in the call"
        return Diagnostic("unknown-name", message, label, labels, help=help, repairs=repairs)

    def operation(self, item: Item, names: frozenset[str]) -> None:
        if _as_written(item) in self.sound:
            return
        self.expressions(item.op, names)
        pieces = cuts(item.args)
        for piece in pieces:
            self.sink.add(piece.diagnostic())
        for entry in item.args or ():
            if entry not in [piece.entry for piece in pieces]:
                self.expressions(entry.value, names)
        name = item.name
        self.names = names
        if item.unread or not name or name.startswith("$") or name in (SCOPE, GROUP, SHARE) or name in JOINS:
            return
        if name in self.spec.blocks:
            self.block_arguments(item, self.spec.blocks[name], pieces)
        elif name in REGISTRY:
            self.layer_arguments(item, pieces)
        elif name not in self.known:
            self.sink.add(unknown_layer(item, self.known, names))

    def literals(self, item: Item, pieces: tuple[Cut, ...]) -> tuple[dict[str, Argument], set[str]]:
        """The arguments that have a value already, and the names of those that have none."""
        found, later = {}, {name for piece in pieces for name in (piece.entry.key.text, *piece.rest)}
        for entry in item.args or ():
            if entry.key.text in later or args.holds_expression(entry.value):
                later.add(entry.key.text)
                continue
            try:
                found[entry.key.text] = Argument(args.value(entry.value, {}), entry)
            except BadValue as error:
                later.add(entry.key.text)
                self.sink.add(error.diagnostic())
        return found, later

    def layer_arguments(self, item: Item, pieces: tuple[Cut, ...]) -> None:
        found, later = self.literals(item, pieces)
        layer = REGISTRY[item.name]
        known = layer.model_fields
        values = {name: argument.value for name, argument in found.items()}
        made = validate(layer, values, _entries(item), item.span, item.name, later & set(known))
        wrong = made if isinstance(made, list) else []
        wrong += self.unknown_arguments(item, known, later - set(known), pieces)
        self.add(item, wrong, known)
        if not wrong and not later and (written := _as_written(item)):
            self.sound.add(written)

    def block_arguments(self, item: Item, block: Block, pieces: tuple[Cut, ...]) -> None:
        found, later = self.literals(item, pieces)
        wrong = self.unknown_arguments(item, block.params, _entries(item), pieces)
        for name, param in block.params.items():
            if param.broken:
                continue
            if name in found:
                self.block_argument(item, param, found[name])
            elif name not in later and param.required:
                wrong.append(missing_argument(item.name, name, param.type.words, item.span, param.name.span))
        self.add(item, wrong, block.params)

    @staticmethod
    def unknown_arguments(
        item: Item, known: Collection[str], names: Collection[str], pieces: tuple[Cut, ...]
    ) -> list[Diagnostic]:
        entries, rest = _entries(item), {name for piece in pieces for name in piece.rest}
        wrong = sorted(name for name in names if name not in known and name not in rest)
        return [unknown_argument(known, name, entries[name], item.name) for name in wrong[:MAX_FOUND]]

    def add(self, item: Item, wrong: list[Diagnostic], known: Collection[str]) -> None:
        """The faults of a line's arguments, with the repairs that take the line's own layout."""
        for diagnostic in without_consequences(wrong, known):
            self.sink.add(with_layout(self.with_dollar(item, diagnostic), item))

    def with_dollar(self, item: Item, diagnostic: Diagnostic) -> Diagnostic:
        """A text in place of a number, with the expression that it is meant for."""
        if diagnostic.code != "wrong-type" or diagnostic.repairs:
            return diagnostic
        nodes = [entry.value for entry in item.args or () if entry.span == diagnostic.span]
        return replace(diagnostic, repairs=without_dollar(nodes[0], self.names) if nodes else ())

    def block_argument(self, item: Item, param: Param, argument: Argument) -> None:
        try:
            fitting(param, argument.value, self.known)
        except TypeMismatch as error:
            self.sink.add(self.with_dollar(item, mismatch(param, argument, error)))


class _PatchChecker(_SpecChecker):
    """Checks the lines of patches, which may stand in any definition."""

    def unknown_name(self, node: Scalar, name: str, names: Collection[str]) -> Diagnostic:
        help = "a patch can use the names of the line that it changes, and the params of the spec"
        return replace(super().unknown_name(node, name, names), help=help)


def _as_written(item: Item) -> tuple[str, str] | None:
    """A layer and the text of its arguments; None where they may hold an alias, which stands for another text."""
    if item.args is None:
        return item.name, ""
    text = item.args.span.text if item.args.flow else "*"
    return None if "*" in text else (item.name, text)


def _entries(item: Item) -> dict[str, Entry]:
    return {entry.key.text: entry for entry in item.args or ()}
