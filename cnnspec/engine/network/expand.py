"""Spec -> Graph: walks the chains, opens blocks, unrolls loops, and infers each shape as it goes.

    chain ─► item ─► rounds (foreach × repeat) ─► once ─► layer | block | Sequential | group | join

After an error the flow is UNKNOWN: what depends on it is walked for mistakes of its own, and says nothing of shapes.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NoReturn

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Frame, Label, Sink, Span, did_you_mean
from cnnspec.engine.gc_paused import gc_paused
from cnnspec.engine.layers import JOINS, REGISTRY, Layer, Refusal, Shape, Tensor
from cnnspec.engine.network.calls import BlockCall
from cnnspec.engine.network.context import UNKNOWN, Context, Flow, Made, ScopeBuilder
from cnnspec.engine.network.control_path import ControlPath
from cnnspec.engine.network.copies import Copy, Model, likeness
from cnnspec.engine.network.expansion import Expansion, PatchHits
from cnnspec.engine.network.fix_candidates import fix_candidates
from cnnspec.engine.network.graph import INPUT, Graph, Node, Opened, Scope
from cnnspec.engine.network.heads import Heads, outputs, primary
from cnnspec.engine.network.init import filled
from cnnspec.engine.network.inplace import check_in_place
from cnnspec.engine.network.loops import is_named, rounds
from cnnspec.engine.network.names import leave_broken, leave_out, name_group, name_line, sources
from cnnspec.engine.network.patch_bases import BaseNames, BaseNetwork, BaseScope
from cnnspec.engine.network.patch_labels import patch_labels
from cnnspec.engine.network.patches import Patching, networks_below, report_clashes
from cnnspec.engine.network.reporter import Broken, TooLarge, of_base, outermost
from cnnspec.engine.network.setting_fixes import repairs
from cnnspec.engine.network.shape_inference import facts
from cnnspec.engine.network.size_origin import origin_labels
from cnnspec.engine.network.weight_sharing import share
from cnnspec.engine.plugins import PluginFault
from cnnspec.engine.spec import Argument, Arguments, Block, Item, ParamError, Path, Spec, bind, resolve_params
from cnnspec.engine.spec.arguments import holds_expression
from cnnspec.engine.spec.items import GROUP, SCOPE, SHARE
from cnnspec.engine.spec.validation_errors import validate
from cnnspec.engine.syntax import LayerName, Map, Meter, OutOfWork, Scalar, Silent, Value, shown
from cnnspec.engine.syntax import Node as SyntaxNode
from cnnspec.engine.syntax.evaluate import in_yaml, size

MAX_NODES = 20_000
MAX_BLOCKS = 40  # blocks open at a time
MAX_RANK = 8
MAX_ELEMENTS = 2**48  # of a tensor, in or between layers: far past any memory, and every sum still prints
INPUT_FORMS = "write `input: [channels, height, width]`, such as `input: [1, 28, 28]`"


def input_help(node: SyntaxNode) -> str:
    """How an input is written; where a number stands or ``3x32x32``, with these sizes."""
    sizes = re.split(r"\s*[x×,]\s*", node.text) if isinstance(node, Scalar) and len(node.text) < 40 else []
    plain = len(sizes) in (1, 3) and all(size.isdigit() for size in sizes)
    return f"write `input: [{', '.join(sizes)}]`" if plain else INPUT_FORMS


# What a line costs, in steps of the Meter: to come to it, each of its rounds, a layer like one before, a new one, each
# of its tensors.
LINE, ROUND, LAYER, NEW_LAYER, TENSOR = 5, 10, 12, 50, 10
BLOCK, COPY, VARIANT = 30, 10, 350  # to open a block, to copy a layer or a scope with it, to begin another variant
MOST_PATHS = 8  # of a join whose repairs are looked for: each path is held against each other


@gc_paused
def expand(
    spec: Spec,
    sink: Sink,
    meter: Meter | None = None,
    *,
    training: bool = True,
    reached: PatchHits | None = None,
) -> Graph | None:
    """The graph of a spec under its variant and settings; what is wrong goes to the sink.

    Without ``training`` aux heads are left out, as evaluation leaves them. Where something is wrong the graph holds the
    layers whose shapes are known all the same; None where a param has no value, and where nothing more is to be found:
    all work is done that ``meter`` admits, or the sink is full. ``reached`` is told what the spec's patches reach.
    """
    meter = meter or Meter()
    if meter.told or sink.full:
        return None
    if not training:
        spec = replace(spec, aux=())
    expander = Expander(spec, sink, meter, reached)
    return expander.filled(expander.graph())


plain = lru_cache(maxsize=1024)(LayerName)  # a name without arguments: one value for all lines that say it


class Expander(Expansion):
    """Walks the lines of a spec and makes the nodes of its graph."""

    def __init__(self, spec: Spec, sink: Sink, meter: Meter, reached: PatchHits | None = None) -> None:
        super().__init__(spec, sink, meter, reached)
        self.patching = Patching(self)
        self.layers = {*REGISTRY, *spec.blocks}
        self.shares = spec.shares  # else nothing is kept for it
        self.tracked = False  # whether sizes write down what is asked of them, as those of `cnnspec inputs` do
        self.made: dict[tuple[object, ...], Layer] = {}
        self.literals: dict[Item, Arguments | None] = {}  # None for a line with expressions, whose arguments vary
        self.inferred: dict[tuple[int, tuple[Shape, ...]], tuple[Shape, dict[str, Tensor], int | None]] = {}
        self.models: dict[Hashable, Model] = {}
        self.silent: dict[Hashable, int] = {}  # calls that nothing is known or said of, and the work that showed it

    def graph(self) -> Graph | None:
        trace = outermost(self.spec)
        try:
            self.meter.spend(VARIANT + len(self.layers) // 8)
            env = resolve_params(self.spec, self.layers, self.meter)
        except ParamError as error:
            self.report(error.diagnostics, trace)
            return None
        except OutOfWork:
            self.too_much("too-much-work", self.spec.source.span())
            return None
        self.env = env
        place = self.place(Context(env, UNKNOWN, trace))
        if self.meter.told:
            return None
        inputs = self.inputs(Context(env, UNKNOWN, trace))
        self.tracked = any(type(size) is not int for shape in inputs.values() for size in shape)
        root = ScopeBuilder("", self.spec.title, self.spec.source.span(), 0, Opened(env), place=place)
        entry = self.arriving(inputs, root)
        return self.network(inputs, entry, root, Context(env, entry, of_base(self.spec, trace)))

    def place(self, context: Context) -> BaseScope | None:
        """Where the network stands on those that its patches edit; nowhere where it has none."""
        if not self.spec.patches:
            return None
        try:
            below = self.networks(context)
        except OutOfWork:
            self.too_much("too-much-work", (self.spec.extends or self.spec.layers[0]).span)
            return None
        report_clashes(self, below, context)
        self.reached.networks.append(below)
        return BaseScope(below, ("",) * len(below))

    def networks(self, context: Context) -> tuple[BaseNetwork, ...]:
        """The networks that patches edit. Raises OutOfWork."""
        return networks_below(self, context, expand_names, self.meter.beside)

    def filled(self, graph: Graph | None) -> Graph | None:
        """The graph with what its spec says of initial weights."""
        if graph is None or not self.spec.init or self.meter.told:
            return graph
        try:
            return filled(graph, self.spec, self.layers, self.sink, self.meter)
        except OutOfWork:
            self.too_much("too-much-work", self.spec.init[0].key.span)
            return graph

    def network(self, inputs: dict[str, Shape], entry: Flow, root: ScopeBuilder, context: Context) -> Graph:
        """The network's own chain, its aux heads and its outputs."""
        heads = Heads(self, self.patching, root, context)
        try:
            last = self.trunk(entry, root, context, heads)
            given = outputs(self, last, root, context)
            out = primary(given, last)
            aux = heads.finish(out, alone=not given)
        except (TooLarge, OutOfWork) as end:
            if isinstance(end, OutOfWork):  # at a head or an output; at a line, the line has told it
                self.too_much("too-much-work", self.spec.source.span())
            given, out, aux = {}, UNKNOWN, ()
        sound = {name: flow.value for name, flow in given.items() if flow is not UNKNOWN}
        scope = root.closed(tuple(INPUT - place for place in range(len(inputs))), out.value)
        graph = Graph(self.spec.title, inputs, tuple(self.nodes), scope, sound, aux, heading=self.spec.heading)
        check_in_place(self.nodes, tuple(inputs.values()), None if out.shape is None else graph.live_values, self.sink)
        return graph

    def trunk(self, flow: Flow, root: ScopeBuilder, context: Context, heads: Heads) -> Flow:
        """The lines of the network's own chain, each with the aux heads that stand behind it."""
        for item in self.spec.layers:
            flow = self.item(item, flow, root, context)
            heads.follow()
        return flow

    def arriving(self, inputs: dict[str, Shape], root: ScopeBuilder) -> Flow:
        """The first input; of several, each is there under its name as an id."""
        flows = [Flow(INPUT - place, shape or None) for place, shape in enumerate(inputs.values())]
        for name, flow in zip(self.spec.input_names, flows, strict=False):
            assert isinstance(self.spec.input, Map)
            root.ids[name] = flow
            root.keys[name] = self.spec.input.entries[INPUT - flow.value].key.span
        return flows[0]

    def inputs(self, context: Context) -> dict[str, Shape]:
        """The shapes that arrive, by name; an empty one is not known."""
        given, node = self.spec.input_override, self.spec.input
        if given is not None and not isinstance(given, Mapping):
            return {"input": Shape(given)}
        if not isinstance(node, Map):
            return {"input": self.input_shape(node, context) or Shape()}
        own = given or {}
        return {
            entry.key.text: Shape(own[entry.key.text])
            if entry.key.text in own
            else self.input_shape(entry.value, context) or Shape()
            for entry in node
        }

    def input_shape(self, node: SyntaxNode | None, context: Context) -> Shape | None:
        if node is None:
            return None
        try:
            sizes = self.value(node, context, UNKNOWN)
        except (Broken, Silent):
            return None
        if isinstance(sizes, tuple) and sizes and all(type(s) is int and 1 <= s < 2**31 for s in sizes):
            return Shape(sizes)
        message = f"`input` is a list of positive sizes, not {shown(node)}"
        self.sink.error("bad-input", message, node.span, help=input_help(node))
        return None

    def chain(self, items: tuple[Item, ...], flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        for item in items:
            flow = self.item(item, flow, scope, context)
        return flow

    def item(
        self, item: Item, flow: Flow, scope: ScopeBuilder, context: Context, several: tuple[Flow, ...] = ()
    ) -> Flow:
        """One line of a chain, as often as its loops say; ``several`` are there to be taken instead of ``flow``."""
        try:
            self.meter.spend(LINE)
            if item.broken:
                raise Broken
            if item.sources and self.left_out(item, scope, context):
                return flow
            taken = sources(self, item, flow, scope, context) if item.sources or not several else several
            number = -1
            for number, inner in enumerate(self.rounds(item, taken[0], scope, context)):
                self.count_round(item)
                if number and len(taken) > 1:
                    taken = sources(self, item, flow, scope, context)  # a join of named lines takes them in each round
                if item.when is None or self.condition(item.when, inner, taken[0]):
                    flow = (self.once if scope.place is None else self.patching.patched)(
                        item, taken, scope, inner.if_true(item.when)
                    )
                    taken = (flow,) if len(taken) == 1 else taken
                else:
                    leave_out(item, scope, Label(item.when.span, "false here"))
            if number < 0:
                leave_out(item, scope, Label((item.repeat or item.foreach or item.op).span, "no rounds here"))
            return flow
        except (Broken, Silent):
            leave_broken(item, scope)
            if scope.place is not None:
                scope.place.hide(item)
            return UNKNOWN
        except OutOfWork:
            self.too_much("too-much-work", item.span)
            raise TooLarge from None

    def left_out(self, item: Item, scope: ScopeBuilder, context: Context) -> bool:
        """Whether a line is not there whatever arrives: then what its `from` names need not be there either."""
        if item.when is None or item.repeat is not None or item.foreach is not None:
            return False
        try:
            there = self.condition(item.when, context, UNKNOWN)
        except Silent:  # it depends on what arrives
            return False
        if not there:
            leave_out(item, scope, Label(item.when.span, "false here"))
        return not there

    def rounds(self, item: Item, flow: Flow, scope: ScopeBuilder, context: Context) -> Iterable[Context]:
        """The contexts in which a line runs: one where it has no loop."""
        if item.repeat is None and item.foreach is None:
            return (context,)
        return rounds(self, item, flow, scope.key, context)

    def count_round(self, item: Item) -> None:
        self.meter.spend(ROUND)
        if self.sink.full:
            raise TooLarge
        if len(self.nodes) >= MAX_NODES:
            self.too_much("too-many-layers", item.span)
            raise TooLarge

    def too_much(self, code: str, span: Span) -> None:
        """Says that nothing more is expanded, in this variant and in any other."""
        layers = f"the network has more than {MAX_NODES:,} layers"
        work = "loops, blocks and variants ask for more work than a spec may"
        self.sink.error(code, layers if code == "too-many-layers" else work, span, "reached here")
        self.meter.told = True

    def once(self, item: Item, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
        flow = taken[0]
        op = self.operation(item, context)
        if len(taken) > 1 and (op.name not in JOINS or item.paths is not None):
            self.several(item, len(taken), context)
        if op.name == SHARE:
            out = share(self, item, flow, scope, context)
            name = name_group(self, item.id, out, scope, context) if item.id else ""
        elif op.name == GROUP:
            out = self.chain(item.body or (), flow, scope, context)
            name = name_group(self, item.id, out, scope, context) if item.id else ""
        elif op.name in JOINS:
            name, out = self.join(item, op, taken, scope, context)
        else:
            name = name_line(self, item, flow, scope, context)
            out = self.named(item, op, name, flow, scope, context)
        if item.id is not None:
            scope.ids[name] = out
            scope.write(item, name)
        return out

    def several(self, item: Item, number: int, context: Context) -> NoReturn:
        """Says that a line which takes one tensor was given several."""
        if item.name in self.spec.blocks and self.spec.blocks[item.name].claimed:
            raise Broken  # a block with a declaration of its inputs, which is told there
        message = f"`{item.name}` takes one tensor, not {number}"
        help = "join them in a line above it: `Concat`, `Add` or `Multiply` with this `from`"
        if item.name in self.spec.blocks:
            help = "join them in a line above it, or write the block's lines here: a group (`layers:`) sees both"
        if item.paths is not None:
            message = f"`{item.name}` has paths, which all take one tensor, and its `from` names {number}"
            help = "leave the paths out to join what `from` names, or give the first line of each path a `from`"
        self.fail("wrong-type", message, item.op, context, help=help)

    def named(self, item: Item, op: LayerName, name: str, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        """An operation that has a name of its own in the module tree."""
        before = len(scope.children)
        out = self.run(item, op, name, flow, scope, context)
        if self.shares and item.id is not None and len(scope.children) > before:
            self.meter.spend(len(context.env) // 4)  # its names are kept as long as the scope is open
            scope.made[name] = Made(item, op, context, scope.children[-1], scope.run(item))
        return out

    def run(self, item: Item, op: LayerName, name: str, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        """A layer, a block or a scope under a name that it has."""
        if op.name in self.spec.blocks:
            return self.block(item, op, name, flow, scope, context)
        if op.name != SCOPE:
            return self.layer(item, op, name, (flow,), scope, context)
        opened = Opened(context.env, item, control_path=context.control_path)
        place = scope.inside(item, name)
        inner = ScopeBuilder(scope.child_key(name), SCOPE, item.span, len(self.nodes), opened, scope, place=place)
        return self.scope(item.body or (), flow, inner, scope, context)

    def operation(self, item: Item, context: Context) -> LayerName:
        """The layer or block that the line names, or that its `$param` holds."""
        name = item.op.text
        if not name.startswith("$"):
            if name not in self.layers and name not in (SCOPE, GROUP, SHARE):
                raise Broken  # the static check has said so
            return plain(name)
        value = self.value(item.op, context, UNKNOWN)
        if isinstance(value, str) and value in self.layers:
            return LayerName(value)  # what `foreach` walks has no declared type
        if isinstance(value, LayerName) and value.name in self.layers:
            return value
        if value is None:
            help = f"leave the line out: `when: $({item.name.strip('$()')} != null)`"
            self.fail(
                "unknown-layer", f"`{item.name}` is null, which is no layer or block", item.op, context, help=help
            )
        near = did_you_mean(str(value), self.layers)
        message = f"`{item.name}` is {f'`{value}`' if isinstance(value, str) else in_yaml(value)}, not a layer or block"
        self.fail("unknown-layer", message, item.op, context, near, "give the param the type `layer`")

    def scope(
        self, items: tuple[Item, ...], flow: Flow, inner: ScopeBuilder, outer: ScopeBuilder, context: Context
    ) -> Flow:
        """Expands ``items`` into a scope of their own and puts it into ``outer``, unless nothing is in it."""
        out = self.chain(items, flow, inner, context)
        if inner.children:
            outer.children.append(inner.close(flow.value, out.value))
        else:
            outer.give_back(inner)
        return out

    def block(self, item: Item, op: LayerName, name: str, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow:
        """A call of a block; one like another before comes to the same, unless patches may reach into either."""
        self.meter.spend(BLOCK)
        self.check_recursion(item, op.name, context)
        given = self.arguments(item, op, context, flow)
        self.meter.spend(sum([size(a.value) for a in given.values() if isinstance(a.value, tuple)]) // 4)
        frame = context.frame(
            f"block {op.name}", item.span, BlockCall(self.spec.blocks[op.name], item, given, context.control_path)
        )
        call = Context({}, flow, frame, (*context.blocks, op.name))
        key = scope.child_key(name)
        like = self.likeness(call, given, key) if scope.place is None else None
        found = self.recalled(like, item, key, scope, call, context.control_path)
        if found is not None:
            return found
        before, said, block = self.meter.steps, len(self.sink), self.spec.blocks[op.name]
        opened = Opened(self.bound(block, given, item, flow, context), item, block, context.control_path)
        inner = ScopeBuilder(key, op.name, item.span, len(self.nodes), opened, place=scope.inside(item, name))
        inner.ids.update(dict.fromkeys(block.claimed, UNKNOWN))
        out = self.scope(block.layers, flow, inner, scope, replace(call, env=dict(opened.names)))
        if like is not None and len(self.sink) == said:
            self.remember(like, inner, scope, call, out, self.meter.steps - before)
        return out

    def likeness(self, call: Context, given: Arguments, key: str) -> Hashable | None:
        """What tells calls apart."""
        return likeness(call, given, is_named(key), self.aux, self.reused)

    def recalled(
        self, like: Hashable, item: Item, key: str, scope: ScopeBuilder, call: Context, way: ControlPath
    ) -> Flow | None:
        """What a call like one before comes to; None where there was none. Raises OutOfWork, before it is copied."""
        if like in self.silent:
            self.meter.spend(min(self.silent[like], self.meter.left + 1))
            scope.give_back(ScopeBuilder(key, item.name, item.span, len(self.nodes), Opened({}, item)))
            return UNKNOWN
        model = self.models.get(like)
        if model is None or len(self.nodes) + len(model.nodes) > MAX_NODES:
            return None
        self.meter.spend(COPY * (len(model.nodes) + model.scopes))
        copy = Copy(model, key, item, len(self.nodes), call, way)
        self.nodes += copy.nodes
        scope.children.append(copy.scope)
        return copy.output

    def remember(
        self, like: Hashable, inner: ScopeBuilder, outer: ScopeBuilder, call: Context, out: Flow, steps: int
    ) -> None:
        """Keeps what a call came to in which nothing is wrong: its layers, or that nothing is known of it."""
        if inner.children and out.shape is not None:
            made = outer.children[-1]
            assert isinstance(made, Scope)
            self.models[like] = Model.of(made, self.nodes[inner.first :], call, out)
        elif not inner.children and out is UNKNOWN:
            self.silent[like] = steps

    def bound(self, block: Block, given: Arguments, item: Item, flow: Flow, context: Context) -> dict[str, Value]:
        """The params of a block with the values of one call."""
        try:
            return bind(block.params, given, item.span, block.name.text, self.layers, flow.known, self.meter)
        except ParamError as error:
            self.report(error.diagnostics, context.trace)
            raise Broken from None

    def check_recursion(self, item: Item, name: str, context: Context) -> None:
        if name in context.blocks and not item.name.startswith("$"):
            ring = " → ".join((*context.blocks[context.blocks.index(name) :], name))
            self.fail("recursive-block", f"block `{name}` calls itself", item.op, context, ring)
        if len(context.blocks) >= MAX_BLOCKS:
            self.fail("too-deep", f"blocks nest more than {MAX_BLOCKS} deep", item.op, context)

    def arguments(self, item: Item, op: LayerName, context: Context, flow: Flow) -> Arguments:
        """The arguments that come with the layer's name, under those of the line itself."""
        brought: dict[str, Argument] = op.args or {}
        own = self.literals.get(item)
        if own is None:
            own = {e.key.text: Argument(self.value(e.value, context, flow), e) for e in item.args or ()}
            if item not in self.literals:
                self.literals[item] = None if item.args is not None and holds_expression(item.args) else own
        return {**brought, **own} if brought else own

    def join(
        self, item: Item, op: LayerName, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context
    ) -> tuple[str, Flow]:
        """The join's name and output; a join of one path is that path, and has a name only where it has an id."""
        flows = tuple(self.paths(item.paths, taken[0], scope, context)) if item.paths is not None else taken
        if max(len(item.paths or ()), len(item.sources or ())) == 1 and not any(p.when for p in item.paths or ()):
            help = "write `from: [prev, …]`, or give it a second path"
            self.fail(
                "lone-join", f"`{item.name}` joins two or more tensors, and this is one", item.op, context, help=help
            )
        if not flows or (item.paths is None and item.sources is None and len(taken) == 1):
            help = (
                "give a list of chains, a mapping of names to chains, or `from: [a, b]`; `[]` is a path that passes by"
            )
            self.fail("empty-join", f"`{item.name}` has nothing to join", item.op, context, help=help)
        if len(flows) > 1:
            name = name_line(self, item, taken[0], scope, context)
            return name, self.layer(item, op, name, flows, scope, context)
        return name_group(self, item.id, taken[0], scope, context) if item.id else "", flows[0]

    def paths(self, paths: tuple[Path, ...], flow: Flow, scope: ScopeBuilder, context: Context) -> Iterator[Flow]:
        for path in paths:
            if path.when is not None and not self.condition(path.when, context, flow):
                continue
            within = context.if_true(path.when)
            if path.name is None:
                yield self.chain(path.items, flow, scope, within)
                continue
            found = self.patching.patched_scope(path, path.items, scope, within)
            if found is None:
                continue
            scope.count(path)
            name = name_group(self, path.name, flow, scope, context)
            scope.write(path, name)
            place = scope.inside(path, name, found[2])
            opened = Opened(found[1].env, path, control_path=found[1].control_path)
            inner = ScopeBuilder(scope.child_key(name), SCOPE, path.span, len(self.nodes), opened, scope, place=place)
            scope.ids[name] = self.scope(found[0], flow, inner, scope, found[1])
            yield scope.ids[name]

    def layer(
        self, item: Item, op: LayerName, name: str, flows: tuple[Flow, ...], scope: ScopeBuilder, context: Context
    ) -> Flow:
        arguments = self.arguments(item, op, context, flows[0])
        layer = self.make(item, op.name, arguments, context)
        shapes = tuple([flow.known() for flow in flows])
        try:
            shape, tensors, macs = self.infer(item, layer, shapes, context)
        except Refusal as refusal:
            self.refused(item, layer, refusal, arguments, flows, context)
            raise Broken from None
        key = scope.child_key(name)
        self.meter.spend(LAYER + len(key) // 16 + 2 * len(flows))
        node = Node(
            index=len(self.nodes),
            key=key,
            type=op.name,
            layer=layer,
            inputs=tuple([flow.value for flow in flows]),
            input_shapes=shapes,
            shape=shape,
            tensors=tensors,
            macs=macs,
            span=context.place(item.span),
            item=item,
            trace=context.trace,
            aux=self.aux,
            reused=self.reused,
            control_path=context.control_path,
        )
        self.nodes.append(node)
        scope.children.append(node)
        return Flow(node.index, shape)

    def infer(
        self, item: Item, layer: Layer, shapes: tuple[Shape, ...], context: Context
    ) -> tuple[Shape, dict[str, Tensor], int | None]:
        """Output shape, tensors and MACs; the same for each copy of a layer. Raises Refusal."""
        key = (id(layer), shapes)  # `made` holds the layer
        found = self.inferred.get(key)
        if found is None:
            self.meter.spend(NEW_LAYER)
            try:
                found = facts(layer, shapes, anew=self.tracked)
            except PluginFault as fault:
                self.fail("plugin-failed", fault.message, item.op, context, "called here", fault.help)
            shape, tensors, _ = found
            self.meter.spend(TENSOR * len(tensors))
            elements = [shape.elements, *(tensor.elements for tensor in tensors.values())]
            if len(shape) > MAX_RANK or any(number > MAX_ELEMENTS for number in elements):
                name = type(layer).__name__
                self.fail("too-large", f"`{name}` makes a tensor past all bounds", item.op, context)
            self.inferred[key] = found
        return found

    def make(self, item: Item, name: str, arguments: Arguments, context: Context) -> Layer:
        """The layer with its arguments; equal ones are made once."""
        line = (name, item) if arguments is self.literals.get(item) else None
        if line in self.made:
            return self.made[line]
        self.meter.spend(LINE + sum([size(argument.value) for argument in arguments.values()]))
        key = (name, *[(n, repr(a.value)) for n, a in arguments.items()])
        made = self.made.get(key) or self.validated(item, name, arguments, context)
        self.made[key] = made
        if line is not None:
            self.made[line] = made
        return made

    def validated(self, item: Item, name: str, arguments: Arguments, context: Context) -> Layer:
        self.meter.spend(NEW_LAYER)
        values = {n: a.value for n, a in arguments.items()}
        entries = {n: a.entry for n, a in arguments.items()}
        made = validate(REGISTRY[name], values, entries, item.span, name)
        if isinstance(made, list):
            self.report(made, context.trace)
            raise Broken
        return made

    def origins(self, flows: tuple[Flow, ...], refusal: Refusal, trace: Frame | None) -> tuple[Label, ...]:
        """Where sizes come from, and what patches have to do with it."""
        labels = origin_labels(self.spec, self.nodes, flows, refusal, trace)
        return (*labels, *patch_labels(self.nodes, self.marks, flows, labels))

    def refused(
        self, item: Item, layer: Layer, refusal: Refusal, given: Arguments, flows: tuple[Flow, ...], context: Context
    ) -> None:
        self.meter.spend(NEW_LAYER + len(self.nodes) // 8 * min(len(flows), MOST_PATHS) ** 2)
        argument = given.get(refusal.argument or "")
        span = argument.entry.span if argument else item.span
        self.sink.add(
            Diagnostic(
                refusal.code,
                refusal.message,
                Label(span, refusal.label),
                labels=self.origins(flows, refusal, context.trace),
                notes=(refusal.note,) if refusal.note else (),
                help=refusal.help,
                trace=context.trace,
                repairs=(
                    *(
                        fix_candidates(self.spec, self.nodes, item, layer, refusal, flows)
                        if len(flows) <= MOST_PATHS
                        else ()
                    ),
                    *repairs(item, refusal.tries),
                ),
            )
        )


def networks_of(spec: Spec) -> tuple[BaseNetwork, ...]:
    """The networks that the patches of a sound spec edit, found by themselves."""
    if not spec.patches:
        return ()
    expander = Expander(spec, Sink(), Meter())
    expander.env = resolve_params(spec, expander.layers)
    return expander.networks(Context(expander.env, UNKNOWN))


def expand_names(spec: Spec, below: tuple[BaseNetwork, ...], names: BaseNames, meter: Meter) -> None:
    """Expands a network for the names of its lines; what is wrong with it is not told."""
    _Namer(spec, below, names, meter).graph()


class _Namer(Expander):
    """An expansion that writes down what each line is called."""

    def __init__(self, spec: Spec, below: tuple[BaseNetwork, ...], names: BaseNames, meter: Meter) -> None:
        super().__init__(spec, Sink(), meter)
        self.below = below
        self.record = names

    def place(self, context: Context) -> BaseScope:
        return BaseScope(self.below, ("",) * len(self.below), record=self.record)

    def too_much(self, code: str, span: Span) -> None:
        super().too_much(code, span)
        self.record.unsure.add("")
