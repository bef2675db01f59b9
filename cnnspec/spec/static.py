"""What is wrong whatever the values are: unknown names, misspelt arguments, literals of a wrong type.

Found in every line, also in those that no variant reaches. What depends on values is left to the expansion,
which meets these mistakes again; the sink keeps each once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cnnspec.diagnostics import Diagnostic, Label, Sink, did_you_mean, listing
from cnnspec.layers import JOINS, REGISTRY
from cnnspec.spec import arguments as args
from cnnspec.spec.arguments import Argument, BadValue
from cnnspec.spec.bridge import missing_argument, unknown_argument, validate, without_consequences
from cnnspec.spec.items import GROUP, SCOPE
from cnnspec.spec.model import Block, Item, Param, Spec
from cnnspec.spec.params import ParamError, fitting, mismatch, name_is_sound, variant_arguments
from cnnspec.spec.types import TypeMismatch
from cnnspec.syntax import Entry, ExpressionError, Map, Node, Scalar, Seq, template


def check_definitions(spec: Spec, own: Collection[str], sink: Sink) -> None:
    """Checks the spec's chain, its own blocks (by their names, the broken ones too) and its variants."""
    _Checker(spec, spec.params, own, sink).chain(spec.layers)
    for name in own:
        if name in spec.blocks:
            _Checker(spec, spec.blocks[name].params, own, sink).chain(spec.blocks[name].layers)
    _check_variants(spec, sink)


def _check_variants(spec: Spec, sink: Sink) -> None:
    layers = {*REGISTRY, *spec.blocks}
    for variant in spec.variants.values():
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


def unknown_param(params: Mapping[str, Param], name: str, entry: Entry) -> Diagnostic:
    """A variant that sets what is no param."""
    help = f"the params are {listing([f'`{p}`' for p in params])}" if params else "this spec declares no params"
    return Diagnostic(
        "unknown-param", f"no param is called `{name}`", Label(entry.key.span, did_you_mean(name, params)), help=help
    )


class _Checker:
    """Checks the lines of one definition, in which ``params`` are known."""

    def __init__(self, spec: Spec, params: Mapping[str, Param], own: Collection[str], sink: Sink) -> None:
        self.spec = spec
        self.params = params
        self.own = own
        self.sink = sink
        self.known = {*REGISTRY, *spec.blocks, SCOPE}

    def chain(self, items: tuple[Item, ...], names: frozenset[str] | None = None) -> None:
        names = frozenset(self.params) if names is None else names
        for item in items:
            if self.sink.full:
                return
            inside = self.names_inside(item, names)
            self.words(item, names, inside)
            self.operation(item, inside)
            self.chain(item.body or (), inside)
            for path in item.paths or ():
                self.expressions(path.when, inside)
                self.chain(path.items, inside)

    @staticmethod
    def names_inside(item: Item, names: frozenset[str]) -> frozenset[str]:
        """What the line's own loop adds to the names."""
        if item.foreach is not None:
            names |= {*item.foreach.names(), "index"}
        return names | {"index"} if item.repeat is not None else names

    def words(self, item: Item, names: frozenset[str], inside: frozenset[str]) -> None:
        for entry in item.foreach or ():
            name_is_sound(entry.key, self.sink)
        each = frozenset(item.foreach.names()) | {"index"} if item.foreach is not None else frozenset()
        self.expressions(item.foreach, names)
        self.expressions(item.repeat, names | each)
        self.expressions(item.id, inside)
        self.expressions(item.when, inside)

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
            bad = args.at(node, error)
            self.sink.error(bad.code, bad.message, bad.span, help=bad.help)
            return
        for name in found.names - names if found else ():
            at = node.text.index(name)
            span = node.span.part(at + (not node.plain), at + len(name) + (not node.plain))
            help = f"known here: {listing(sorted(f'`{n}`' for n in names))}" if names else "no params are declared here"
            near = did_you_mean(name, names)
            self.sink.error("unknown-name", f"nothing here is called `{name}`", span, near, help=help)

    def operation(self, item: Item, names: frozenset[str]) -> None:
        self.expressions(item.op, names)
        if item.args is not None:
            self.expressions(item.args, names)
        name = item.name
        if item.broken or name.startswith("$") or name in (SCOPE, GROUP) or name in JOINS:
            return
        if name in self.spec.blocks:
            self.block_arguments(item, self.spec.blocks[name])
        elif name in REGISTRY:
            self.layer_arguments(item)
        elif name not in self.own:
            self.unknown_layer(item)

    def unknown_layer(self, item: Item) -> None:
        plain = not any(c.isdigit() for c in item.name)  # `Conv` means Conv2d before its siblings
        near = did_you_mean(item.name, [n for n in self.known if not (plain and n.endswith(("1d", "3d")))])
        help = "`cnnspec layers` lists all of them"
        message = f"no layer is called `{item.name}`"
        self.sink.error("unknown-layer", message, item.span, near, help=help)

    def literals(self, item: Item) -> tuple[dict[str, Argument], set[str]]:
        """The arguments that have a value already, and the names of those that have none."""
        found, later = {}, set()
        for entry in item.args or ():
            if args.holds_expression(entry.value) or entry.key.text.endswith(")"):
                later.add(entry.key.text)  # a name in `)` is the rest of an expression that a comma has cut off
                continue
            try:
                found[entry.key.text] = Argument(args.value(entry.value, {}), entry)
            except BadValue as error:
                later.add(entry.key.text)
                self.sink.error(error.code, error.message, error.span, help=error.help)
        return found, later

    def layer_arguments(self, item: Item) -> None:
        found, later = self.literals(item)
        layer = REGISTRY[item.name]
        entries = {entry.key.text: entry for entry in item.args or ()}
        values = {name: argument.value for name, argument in found.items()}
        made = validate(layer, values, entries, item.span, item.name, later & set(layer.model_fields))
        wrong = made if isinstance(made, list) else []
        for name in sorted(name for name in later - set(layer.model_fields) if not name.endswith(")")):
            wrong.append(unknown_argument(layer.model_fields, name, entries[name].key.span, item.name))
        for diagnostic in without_consequences(wrong, layer.model_fields):
            self.sink.add(diagnostic)

    def block_arguments(self, item: Item, block: Block) -> None:
        found, later = self.literals(item)
        entries = {entry.key.text: entry for entry in item.args or ()}
        wrong = [
            unknown_argument(block.params, name, entry.key.span, item.name)
            for name, entry in entries.items()
            if name not in block.params and not name.endswith(")")
        ]
        for name, param in block.params.items():
            if param.broken:
                continue
            if name in found:
                self.block_argument(param, found[name])
            elif name not in later and param.required:
                wrong.append(missing_argument(item.name, name, param.type.words, item.span))
        for diagnostic in without_consequences(wrong, block.params):
            self.sink.add(diagnostic)

    def block_argument(self, param: Param, argument: Argument) -> None:
        try:
            fitting(param, argument.value, {*REGISTRY, *self.spec.blocks})
        except TypeMismatch as error:
            self.sink.add(mismatch(param, argument, error))
