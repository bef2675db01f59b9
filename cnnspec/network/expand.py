"""Spec -> Graph: walks the chains, opens blocks, unrolls loops, and infers each shape as it goes.

    chain ─► item ─► loop (foreach × repeat) ─► once ─► layer | block | Sequential | group | join

After an error the flow is UNKNOWN: what depends on it is walked for mistakes of its own, and says nothing of shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnnspec.diagnostics import Diagnostic, Frame, Label, Sink, did_you_mean, listing
from cnnspec.layers import JOINS, REGISTRY, Layer, Refusal, Shape
from cnnspec.network.context import UNKNOWN, Context, Flow, ScopeBuilder
from cnnspec.network.graph import INPUT, Graph, Node
from cnnspec.network.origin import origin_labels
from cnnspec.network.repairs import repairs
from cnnspec.spec import Argument, Arguments, Block, Item, ParamError, Path, Spec, bind, settle
from cnnspec.spec import arguments as args
from cnnspec.spec.arguments import BadValue
from cnnspec.spec.bridge import validate
from cnnspec.spec.items import GROUP, SCOPE
from cnnspec.spec.names import id_fault
from cnnspec.syntax import Entry, LayerName, Map, Scalar, Silent, Value, shown
from cnnspec.syntax import Node as YamlNode

MAX_NODES = 100_000
MAX_STEPS = 300_000  # lines walked, so that loops of lines that are not there end as well
MAX_BLOCKS = 40  # blocks open at a time
INPUT_FORMS = "write `input: [channels, height, width]`, such as `input: [1, 28, 28]`"


class _Broken(Exception):
    """A line that cannot be expanded; the reason is in the sink."""


class _TooLarge(Exception):
    """A network past all bounds: nothing more is expanded."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """The graph as far as it is sound: whole where ``complete``, else up to the first error."""

    graph: Graph | None
    complete: bool


def expand(spec: Spec, sink: Sink) -> Expansion:
    """The graph of a spec under its variant and settings; what is wrong goes to the sink."""
    before = len(sink)
    expander = _Expander(spec, sink)
    graph = expander.graph()
    return Expansion(graph, graph is not None and len(sink) == before)


class _Expander:
    def __init__(self, spec: Spec, sink: Sink) -> None:
        self.spec = spec
        self.sink = sink
        self.layers = {*REGISTRY, *spec.blocks}
        self.nodes: list[Node] = []
        self.items: list[Item] = []  # the line of each node
        self.made: dict[tuple[object, ...], Layer] = {}
        self.steps = 0

    # ------------------------------------------------------------------------------------------------ the whole

    def graph(self) -> Graph | None:
        trace = Frame(f"variant {self.spec.variant}") if self.spec.variant else None
        try:
            env = settle(self.spec, self.layers)
        except ParamError as error:
            self.report(error.diagnostics, trace)
            return None
        shape = self.input_shape(Context(env, UNKNOWN, trace))
        entry = Flow(INPUT, shape)
        root = ScopeBuilder("", self.spec.title, self.spec.source.span(), 0)
        try:
            out = self.chain(self.spec.layers, entry, root, Context(env, entry, trace))
        except _TooLarge:
            out = UNKNOWN
        return Graph(self.spec.title, shape or Shape(), tuple(self.nodes), root.close(INPUT, out.value))

    def input_shape(self, context: Context) -> Shape | None:
        if self.spec.input_override is not None:
            return Shape(self.spec.input_override)
        node = self.spec.input
        if node is None:
            return None
        try:
            sizes = self.value(node, context, UNKNOWN)
        except (_Broken, Silent):
            return None
        if isinstance(sizes, tuple) and sizes and all(type(s) is int and 1 <= s < 2**31 for s in sizes):
            return Shape(sizes)
        message = f"`input` is a list of positive sizes, not {shown(node)}"
        self.sink.error("bad-input", message, node.span, help=INPUT_FORMS)
        return None

    def report(self, diagnostics: list[Diagnostic], trace: Frame | None) -> None:
        for d in diagnostics:
            self.sink.add(Diagnostic(d.code, d.message, d.primary, d.labels, d.notes, d.help, trace, d.repairs))

    def fail(self, code: str, message: str, node: YamlNode, context: Context, label: str = "", help: str = "") -> None:
        self.sink.error(code, message, node.span, label, help=help, trace=context.trace)
        raise _Broken

    def value(self, node: YamlNode, context: Context, flow: Flow) -> Value:
        """What a node stands for here. Raises _Broken, and Silent where a shape is unknown."""
        try:
            return args.value(node, context.env, flow.known)
        except BadValue as error:
            self.sink.error(error.code, error.message, error.span, help=error.help, trace=context.trace)
            raise _Broken from None

    # ------------------------------------------------------------------------------------------ chains and loops

    def chain(self, items: tuple[Item, ...], flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        for item in items:
            flow = self.item(item, flow, scope, context)
        return flow

    def item(self, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        """One line of a chain, as often as its loops say."""
        try:
            if item.broken:
                raise _Broken
            sources = self.sources(item, flow, scope, context)
            for inner in self.rounds(item, sources[0], scope, context):
                self.count_step(item)
                flow = self.once(item, sources, scope, inner)
                sources = (flow,)
            return flow
        except (_Broken, Silent):
            self.leave_broken(item, scope)
            return UNKNOWN

    @staticmethod
    def leave_broken(item: Item, scope: ScopeBuilder) -> None:
        """Lines below may name the ids of a broken line: they are silent, not undefined."""
        if item.id is not None and "$" not in item.id.text:
            scope.ids.setdefault(item.id.text, UNKNOWN)
        scope.unsure |= item.body is not None or item.paths is not None or (
            item.id is not None and "$" in item.id.text
        )

    def count_step(self, item: Item) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS or len(self.nodes) >= MAX_NODES:
            limit = f"{MAX_NODES:,} layers"
            self.sink.error("too-many-layers", f"the network has more than {limit}", item.span, "reached here")
            raise _TooLarge

    def rounds(self, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> Iterator[Context]:
        """A context for each time that the line runs."""
        if item.foreach is None and item.repeat is None:
            yield context
            return
        for outer in self.foreach(item.foreach, flow, context) if item.foreach else (context,):
            if item.repeat is None:
                yield outer
                continue
            times = self.times(item.repeat, outer, flow)
            for index in range(times):
                frame = outer.frame(f"{_ordinal(index + 1)} of {scope.key or f'{times} repeats'}") if times > 1 else None
                yield outer.with_names({"index": index}, frame or outer.trace)

    def foreach(self, node: Map, flow: Flow, context: Context) -> Iterator[Context]:
        lists = {entry.key.text: self.each_list(entry, context, flow) for entry in node}
        if len({len(values) for values in lists.values()}) > 1:
            said = listing([f"`{name}` has {len(values)}" for name, values in lists.items()])
            self.fail("unequal-lists", f"`foreach` walks lists of one length, but {said}", node.entries[0].key, context)
        steps = list(zip(*lists.values(), strict=True))
        for index, values in enumerate(steps):
            names = dict(zip(lists, values, strict=True)) | {"index": index}
            yield context.with_names(names, context.frame(f"{_ordinal(index + 1)} of {len(steps)}"))

    def each_list(self, entry: Entry, context: Context, flow: Flow) -> tuple[Value, ...]:
        values = self.value(entry.value, context, flow)
        if not isinstance(values, tuple):
            self.fail("wrong-type", f"`foreach` walks lists, and `{entry.key.text}` is none", entry.value, context)
        return tuple(values)

    def times(self, node: YamlNode, context: Context, flow: Flow) -> int:
        times = self.value(node, context, flow)
        if type(times) is not int or not 0 <= times <= MAX_NODES:
            computed = f", which is {times}" if shown(node) != str(times) else ""
            message = f"`repeat` is a whole number from 0 to {MAX_NODES:,}, not {shown(node)}{computed}"
            self.fail("bad-repeat", message, node, context)
        return int(times)

    # ------------------------------------------------------------------------------------------------- one line

    def once(self, item: Item, sources: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
        flow = sources[0]
        if item.when is not None and not self.condition(item.when, context, flow):
            if item.id is not None:
                scope.skipped[item.id.text] = item.span
            return flow
        op = self.operation(item, context)
        if len(sources) > 1 and (op.name not in JOINS or item.paths is not None):
            self.fail("wrong-type", f"`{item.name}` takes one tensor, not {len(sources)}", item.op, context)
        if op.name == GROUP:
            return self.named(item, self.chain(item.body or (), flow, scope, context), scope, context)
        if op.name in JOINS:
            return self.join(item, op, sources, scope, context)
        name = self.name(item, scope, context, flow)
        if op.name == SCOPE:
            inner = ScopeBuilder(scope.child_key(name), SCOPE, item.span, len(self.nodes), scope)
            out = self.scope(item.body or (), flow, inner, scope, context)
        elif op.name in self.spec.blocks:
            out = self.block(item, op, name, flow, scope, context)
        else:
            out = self.layer(item, op, name, (flow,), scope, context)
        if item.id is not None:
            scope.ids[name] = out
        return out

    def condition(self, node: YamlNode, context: Context, flow: Flow) -> bool:
        value = self.value(node, context, flow)
        if not isinstance(value, bool):
            self.fail("wrong-type", f"`when` is true or false, not {value}", node, context, help="write a comparison")
        return bool(value)

    def operation(self, item: Item, context: Context) -> LayerName:
        """The layer or block that the line names, or that its `$param` holds."""
        if not item.name.startswith("$"):
            if item.name not in self.layers and item.name not in (SCOPE, GROUP):
                raise _Broken  # the static check has said so
            return LayerName(item.name)
        value = self.value(item.op, context, UNKNOWN)
        if isinstance(value, LayerName) and value.name in self.layers:
            return value
        said = "null" if value is None else f"`{value}`"
        near = did_you_mean(str(value), self.layers)
        message = f"`{item.name}` is {said}, which is no layer or block"
        self.fail("unknown-layer", message, item.op, context, near, "give the param the type `layer`")
        raise AssertionError

    def name(self, item: Item, scope: ScopeBuilder, context: Context, flow: Flow) -> str:
        """The line's name in its scope: its id, or its position."""
        if item.id is None:
            name, place = scope.next_name(), item.op
        else:
            name, place = str(self.value(item.id, context, flow)), item.id
            scope.position += 1
            if fault := id_fault(name):
                self.fail("bad-id", fault, place, context)
        if name in scope.keys:
            self.duplicate(name, scope, place, context)
        scope.keys[name] = place.span
        return name

    def duplicate(self, name: str, scope: ScopeBuilder, place: YamlNode, context: Context) -> None:
        first = scope.keys[name]
        repeated = first == place.span
        help = f"number it: `id: {name}$(index + 1)`" if repeated else ""
        labels = () if repeated else (Label(first, "first here"),)
        message = f"`{name}` is the id of {'every repeat' if repeated else 'two items'} of one scope"
        self.sink.error("duplicate-id", message, place.span, "" if repeated else "again here", help=help, labels=labels,
                        trace=context.trace)
        raise _Broken

    def named(self, item: Item, out: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        """A group's id names its last line for `from`, though no scope comes of it."""
        if item.id is not None:
            name = str(self.value(item.id, context, out))
            if name in scope.keys:
                self.duplicate(name, scope, item.id, context)
            scope.keys[name] = item.id.span
            scope.ids[name] = out
        return out

    def sources(self, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> tuple[Flow, ...]:
        if item.sources is None:
            return (flow,)
        return tuple(self.source(word, flow, scope, context) for word in item.sources)

    def source(self, word: Scalar, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        name = str(self.value(word, context, flow))
        if name == "prev":
            return flow
        if name == "input":
            return context.entry
        found = scope.look_up(lambda s: s.ids.get(name))
        if found is not None:
            return found
        left_out = scope.look_up(lambda s: UNKNOWN if name in s.skipped else None)
        if left_out is not None:
            self.fail("undefined-from", f"`{name}` is not there: its `when` is false", word, context)
        if scope.look_up(lambda s: UNKNOWN if name in s.keys or s.unsure else None) is not None:
            raise Silent  # the line of that id has an error of its own
        self.undefined(word, name, scope, context)
        raise AssertionError

    def undefined(self, word: Scalar, name: str, scope: ScopeBuilder, context: Context) -> None:
        ids = scope.visible_ids()
        near = did_you_mean(name, ids)
        known = listing([f"`{i}`" for i in ids[-12:]]) if ids else ""
        help = f"`from` names an id above this line: {known}" if known else "give a line above an `id`, and name that"
        self.fail("undefined-from", f"no line above has the id `{name}`", word, context, near, help)

    # ---------------------------------------------------------------------------------------------- operations

    def scope(self, items: tuple[Item, ...], flow: Flow, inner: ScopeBuilder, outer: ScopeBuilder, context: Context) -> Flow:
        """Expands ``items`` into a scope of their own and puts it into ``outer``, unless nothing is in it."""
        out = self.chain(items, flow, inner, context)
        if inner.children:
            outer.children.append(inner.close(flow.value, out.value))
        return out

    def block(self, item: Item, op: LayerName, name: str, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        block = self.spec.blocks[op.name]
        trace = context.frame(f"block {op.name}", item.span)
        self.check_recursion(item, op.name, context)
        try:
            shape = flow.known
            env = bind(block.params, self.arguments(item, op, context, flow), item.span, op.name, self.layers, shape)
        except ParamError as error:
            self.report(error.diagnostics, context.trace)
            raise _Broken from None
        inner = ScopeBuilder(scope.child_key(name), op.name, item.span, len(self.nodes))
        return self.scope(block.layers, flow, inner, scope, Context(env, flow, trace, (*context.blocks, op.name)))

    def check_recursion(self, item: Item, name: str, context: Context) -> None:
        if name in context.blocks:
            ring = " → ".join((*context.blocks[context.blocks.index(name) :], name))
            self.fail("recursive-block", f"block `{name}` calls itself", item.op, context, ring)
        if len(context.blocks) >= MAX_BLOCKS:
            self.fail("too-deep", f"blocks nest more than {MAX_BLOCKS} deep", item.op, context)

    def arguments(self, item: Item, op: LayerName, context: Context, flow: Flow) -> Arguments:
        """The arguments that come with the layer's name, under those of the line itself."""
        brought: dict[str, Argument] = op.args or {}
        own = {e.key.text: Argument(self.value(e.value, context, flow), e) for e in item.args or ()}
        return {**brought, **own}

    def join(self, item: Item, op: LayerName, sources: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
        if item.paths is not None:
            flows = tuple(self.paths(item.paths, sources[0], scope, context))
        elif item.sources is None:
            help = "give a list of chains, a mapping of names to chains, or `from: [a, b]`"
            self.fail("empty-join", f"`{item.name}` has nothing to join", item.op, context, help=help)
            raise AssertionError
        else:
            flows = sources
        if not flows:
            self.fail("empty-join", f"`{item.name}` has no paths", item.op, context, help="`[]` is the path that passes by")
        name = self.name(item, scope, context, sources[0]) if len(flows) > 1 or item.id is not None else ""
        out = flows[0] if len(flows) == 1 else self.layer(item, op, name, flows, scope, context)
        if item.id is not None:
            scope.ids[name] = out
        return out

    def paths(self, paths: tuple[Path, ...], flow: Flow, scope: ScopeBuilder, context: Context) -> Iterator[Flow]:
        for path in paths:
            if path.when is not None and not self.condition(path.when, context, flow):
                continue
            if path.name is None:
                yield self.chain(path.items, flow, scope, context)
                continue
            self.check_path_name(path.name, scope, context)
            inner = ScopeBuilder(scope.child_key(path.name.text), SCOPE, path.span, len(self.nodes), scope)
            out = self.scope(path.items, flow, inner, scope, context)
            scope.ids[path.name.text] = out
            yield out

    def check_path_name(self, name: Scalar, scope: ScopeBuilder, context: Context) -> None:
        scope.position += 1
        if fault := id_fault(name.text):
            self.fail("bad-id", fault, name, context)
        if name.text in scope.keys:
            self.duplicate(name.text, scope, name, context)
        scope.keys[name.text] = name.span

    def layer(
        self, item: Item, op: LayerName, name: str, flows: tuple[Flow, ...], scope: ScopeBuilder, context: Context
    ) -> Flow:
        arguments = self.arguments(item, op, context, flows[0])
        layer = self.make(item, op.name, arguments, context)
        shapes = tuple(flow.known() for flow in flows)
        try:
            shape = layer.infer(*shapes)
        except Refusal as refusal:
            self.refused(item, refusal, arguments, flows, context)
            raise _Broken from None
        first = shapes[0]
        node = Node(
            len(self.nodes), scope.child_key(name), op.name, layer, tuple(flow.value for flow in flows), shapes, shape,
            layer.tensors(first), layer.macs(first, shape), context.place(item.span),
        )
        self.nodes.append(node)
        self.items.append(item)
        scope.children.append(node)
        return Flow(node.index, shape)

    def make(self, item: Item, name: str, arguments: Arguments, context: Context) -> Layer:
        """The layer with its arguments; equal ones are made once."""
        key = (name, *((n, type(a.value), a.value) for n, a in arguments.items()))
        try:
            if key in self.made:
                return self.made[key]
        except TypeError:
            key = ()
        values = {n: a.value for n, a in arguments.items()}
        entries = {n: a.entry for n, a in arguments.items()}
        made = validate(REGISTRY[name], values, entries, item.span, name)
        if isinstance(made, list):
            self.report(made, context.trace)
            raise _Broken
        if key:
            self.made[key] = made
        return made

    def refused(self, item: Item, refusal: Refusal, given: Arguments, flows: tuple[Flow, ...], context: Context) -> None:
        argument = given.get(refusal.argument or "")
        span = argument.entry.span if argument else item.span
        self.sink.add(
            Diagnostic(
                refusal.code,
                refusal.message,
                Label(span, refusal.label),
                labels=origin_labels(self.spec, self.nodes, self.items, flows, refusal.dims),
                notes=(refusal.note,) if refusal.note else (),
                help=refusal.help,
                trace=context.trace,
                repairs=repairs(item, refusal.tries),
            )
        )


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"

