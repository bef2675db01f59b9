"""Spec -> Graph: walks the chains, opens blocks, unrolls loops, and infers each shape as it goes.

    chain ─► item ─► rounds (foreach × repeat) ─► once ─► layer | block | Sequential | group | join

After an error the flow is UNKNOWN: what depends on it is walked for mistakes of its own, and says nothing of shapes.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import NoReturn

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Frame, Label, Sink, Span, did_you_mean
from cnnspec.engine.gc_paused import gc_paused
from cnnspec.engine.layers import JOINS, REGISTRY, Layer, Refusal, Shape
from cnnspec.engine.network.calls import BlockCall
from cnnspec.engine.network.context import UNKNOWN, Context, Flow, Made, ScopeBuilder, SeveralOutputs
from cnnspec.engine.network.control_path import ControlPath
from cnnspec.engine.network.copies import Copy, Model, likeness
from cnnspec.engine.network.expansion import Expansion, PatchHits
from cnnspec.engine.network.fix_candidates import fix_candidates
from cnnspec.engine.network.graph import INPUT, Graph, Node, Opened, Scope
from cnnspec.engine.network.heads import Heads, outputs, primary
from cnnspec.engine.network.init import filled
from cnnspec.engine.network.inplace import check_in_place
from cnnspec.engine.network.loops import is_named, rounds
from cnnspec.engine.network.names import (
    leave_broken,
    leave_out,
    name_group,
    name_line,
    reads_own_loop,
    sources,
)
from cnnspec.engine.network.patch_bases import BaseNames, BaseNetwork, BaseScope
from cnnspec.engine.network.patch_labels import patch_labels
from cnnspec.engine.network.patches import Patching, networks_below, report_clashes
from cnnspec.engine.network.reporter import Broken, TooLarge, of_base, outermost
from cnnspec.engine.network.setting_fixes import repairs
from cnnspec.engine.network.shape_inference import LayerFacts, facts
from cnnspec.engine.network.size_origin import origin_labels
from cnnspec.engine.network.weight_sharing import share
from cnnspec.engine.network.wrong_inputs import output_not_chosen, wrong_dtype, wrong_inputs
from cnnspec.engine.plugins import PluginFault
from cnnspec.engine.spec import Argument, Arguments, Block, Item, ParamError, Path, Spec, bind, resolve_params
from cnnspec.engine.spec.arguments import holds_expression
from cnnspec.engine.spec.items import GROUP, SCOPE, SHARE
from cnnspec.engine.spec.name_lookup import is_plain, no_line
from cnnspec.engine.spec.validation_errors import validate
from cnnspec.engine.syntax import LayerName, Map, Meter, OutOfWork, Scalar, Silent, Value, shown
from cnnspec.engine.syntax import Node as SyntaxNode
from cnnspec.engine.syntax.evaluate import in_yaml, size

FLOATS = ("float32",)
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
        self.inferred: dict[tuple[int, tuple[Shape, ...]], LayerFacts] = {}
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
            given = outputs(self, self.spec.outputs, last, root, context) or dict(last.outputs)
            out = primary(given, last)
            aux = heads.finish(out, alone=not given)
        except (TooLarge, OutOfWork) as end:
            if isinstance(end, OutOfWork):  # at a head or an output; at a line, the line has told it
                self.too_much("too-much-work", self.spec.source.span())
            given, out, aux = {}, UNKNOWN, ()
        sound = {name: flow.value for name, flow in given.items() if flow.shape is not None}
        scope = root.closed(tuple(INPUT - place for place in range(len(inputs))), Flow(out.value, out.shape))
        graph = Graph(
            self.spec.title,
            inputs,
            tuple(self.nodes),
            scope,
            sound,
            aux,
            heading=self.spec.heading,
            dtypes=self.spec.dtypes,
        )
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
        flows = [
            Flow(INPUT - place, shape or None, self.spec.dtypes.get(name, "float32"))
            for place, (name, shape) in enumerate(inputs.items())
        ]
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
        message = f"`input` must be a list of positive sizes, not {shown(node)}"
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
            return self.all_rounds(item, flow, scope, context, several)
        except (Broken, Silent, SeveralOutputs) as reason:
            if isinstance(reason, SeveralOutputs):
                self.report([output_not_chosen(item, reason.flow)], context.trace)
            leave_broken(item, scope)
            if scope.place is not None:
                scope.place.hide(item)
            return UNKNOWN
        except OutOfWork:
            self.too_much("too-much-work", item.span)
            raise TooLarge from None

    def all_rounds(
        self, item: Item, flow: Flow, scope: ScopeBuilder, context: Context, several: tuple[Flow, ...]
    ) -> Flow:
        """The rounds of a line: each takes what the one before gave, or what its `from` names in it."""
        anew = (item.repeat is not None or item.foreach is not None) and reads_own_loop(item)
        taken = several
        if not anew and (item.sources or not several):
            taken = sources(self, item, flow, scope, context)
        number = -1
        for number, inner in enumerate(self.rounds(item, taken[0] if taken else flow, scope, context)):
            self.count_round(item.span)
            if anew and item.when is not None and not self.may_be(item.when, inner):
                leave_out(item, scope, Label(item.when.span, "false here"))
                continue
            if anew or (number and len(taken) > 1):
                taken = sources(self, item, flow, scope, inner)
            if item.when is None or self.condition(item.when, inner, taken[0]):
                once = self.once if scope.place is None else self.patching.patched
                flow = once(item, taken, scope, inner.if_true(item.when))
                taken = (flow,) if len(taken) == 1 else taken
            else:
                leave_out(item, scope, Label(item.when.span, "false here"))
        if number < 0:
            leave_out(item, scope, Label((item.repeat or item.foreach or item.op).span, "no rounds here"))
        return flow

    def left_out(self, item: Item, scope: ScopeBuilder, context: Context) -> bool:
        """Whether a line is not there whatever arrives: then what its `from` names need not be there either."""
        if item.when is None or item.loops or self.may_be(item.when, context):
            return False
        leave_out(item, scope, Label(item.when.span, "false here"))
        return True

    def may_be(self, condition: SyntaxNode, context: Context) -> bool:
        """Whether a condition is true, or depends on what arrives."""
        try:
            return self.condition(condition, context, UNKNOWN)
        except Silent:
            return True

    def rounds(self, line: Item | Path, flow: Flow, scope: ScopeBuilder, context: Context) -> Iterable[Context]:
        """The contexts in which a line or a path runs: one where it has no loop."""
        return rounds(self, line, flow, scope.key, context) if line.loops else (context,)

    def count_round(self, span: Span) -> None:
        self.meter.spend(ROUND)
        if self.sink.full:
            raise TooLarge
        if len(self.nodes) >= MAX_NODES:
            self.too_much("too-many-layers", span)
            raise TooLarge

    def too_much(self, code: str, span: Span) -> None:
        """Says that nothing more is expanded, in this variant and in any other."""
        layers = f"the network has more than {MAX_NODES:,} layers"
        work = "the loops, blocks and variants of this spec take too much work"
        self.sink.error(code, layers if code == "too-many-layers" else work, span, "reached here")
        self.meter.told = True

    def once(self, item: Item, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context) -> Flow:
        flow = taken[0]
        op = self.operation(item, context)
        if op.name == SHARE:
            out = share(self, item, taken, scope, context)
            name = name_group(self, item.id, out, scope, context) if item.id else ""
        elif op.name in JOINS:
            if item.source_names or (len(taken) > 1 and item.paths is not None):
                self.fail_inputs(item, op, taken, context)
            name, out = self.join(item, op, taken, scope, context)
        else:
            taken = self.arranged(item, op, taken, context)
            if op.name == GROUP:
                out = self.chain(item.body or (), flow, scope, context)
                name = name_group(self, item.id, out, scope, context) if item.id else ""
            else:
                name = name_line(self, item, flow, scope, context)
                out = self.named(item, op, name, taken, scope, context)
        if item.id is not None:
            scope.ids[name] = out
            scope.write(item, name)
        return out

    def arranged(self, item: Item, op: LayerName, taken: tuple[Flow, ...], context: Context) -> tuple[Flow, ...]:
        """What an operation takes, in the order in which it names its inputs."""
        names = self.input_names(op)
        if not names:
            if len(taken) == 1 and not item.source_names:
                return taken
            self.fail_inputs(item, op, taken, context)
        if not item.source_names:
            if len(taken) != len(names):
                self.fail_inputs(item, op, taken, context)
            return tuple([flow.single() for flow in taken])
        given = {name.text: flow for name, flow in zip(item.source_names, taken, strict=True)}
        if given.keys() != set(names):
            self.fail_inputs(item, op, taken, context)
        return tuple([given[name] for name in names])

    def input_names(self, op: LayerName) -> tuple[str, ...]:
        """The names of the inputs of a block or a layer; none where it takes one tensor."""
        block = self.spec.blocks.get(op.name)
        if block is not None:
            return tuple([name.text for name in block.inputs]) if block.inputs else ()
        return REGISTRY[op.name].input_names if op.name in REGISTRY else ()

    def fail_inputs(self, item: Item, op: LayerName, taken: tuple[Flow, ...], context: Context) -> NoReturn:
        """Says that a line is given other inputs than its operation takes."""
        diagnostic = wrong_inputs(item, op.name, self.input_names(op), len(taken))
        self.report([diagnostic], context.trace)
        raise Broken

    def named(
        self, item: Item, op: LayerName, name: str, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context
    ) -> Flow:
        """An operation that has a name of its own in the module tree."""
        before = len(scope.children)
        out = self.run(item, op, name, taken, scope, context)
        if self.shares and item.id is not None and len(scope.children) > before:
            self.meter.spend(len(context.env) // 4)  # its names are kept as long as the scope is open
            scope.made[name] = Made(item, op, context, scope.children[-1], scope.run(item))
        return out

    def run(
        self, item: Item, op: LayerName, name: str, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context
    ) -> Flow:
        """A layer, a block or a scope under a name that it has."""
        if op.name in self.spec.blocks:
            return self.block(item, op, name, taken, scope, context)
        if op.name != SCOPE:
            return self.layer(item, op, name, taken, scope, context)
        opened = Opened(context.env, item, control_path=context.control_path)
        place = scope.inside(item, name)
        inner = ScopeBuilder(scope.child_key(name), SCOPE, item.span, len(self.nodes), opened, scope, place=place)
        return self.scope(item.body or (), taken[0], inner, scope, context)

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
            help = f"omit the line: `when: $({item.name.strip('$()')} != null)`"
            self.fail(
                "unknown-layer", f"`{item.name}` is null, which is not a layer or a block", item.op, context, help=help
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
            outer.children.append(inner.close(flow.value, out))
        else:
            outer.give_back(inner)
        return out

    def block(
        self, item: Item, op: LayerName, name: str, taken: tuple[Flow, ...], scope: ScopeBuilder, context: Context
    ) -> Flow:
        """A call of a block; one like another before comes to the same, unless patches may reach into either."""
        self.meter.spend(BLOCK)
        self.check_recursion(item, op.name, context)
        flow, *others = taken
        given = self.arguments(item, op, context, flow)
        self.meter.spend(sum([size(a.value) for a in given.values() if isinstance(a.value, tuple)]) // 4)
        frame = context.frame(
            f"block {op.name}", item.span, BlockCall(self.spec.blocks[op.name], item, given, context.control_path)
        )
        call = Context({}, flow.single(), frame, (*context.blocks, op.name), others=tuple(others))
        key = scope.child_key(name)
        like = self.likeness(call, given, key) if scope.place is None else None
        found = self.recalled(like, item, key, scope, call, context.control_path)
        if found is not None:
            return found
        before, said, block = self.meter.steps, len(self.sink), self.spec.blocks[op.name]
        opened = Opened(self.bound(block, given, item, flow, context), item, block, context.control_path)
        inner = ScopeBuilder(key, op.name, item.span, len(self.nodes), opened, place=scope.inside(item, name))
        out = self.definition(block, inner, scope, replace(call, env=dict(opened.names)))
        if like is not None and len(self.sink) == said:
            self.remember(like, inner, scope, call, out, self.meter.steps - before)
        return out

    def definition(self, block: Block, inner: ScopeBuilder, outer: ScopeBuilder, context: Context) -> Flow:
        """The lines of a block, with the inputs and the outputs that it names."""
        if not block.inputs and not block.outputs:
            return self.scope(block.layers, context.entry, inner, outer, context)
        inner.ids.update({name.text: flow for name, flow in zip(block.inputs, context.inputs, strict=False)})
        inner.keys.update({name.text: name.span for name in block.inputs})
        out = self.chain(block.layers, context.entry, inner, context)
        if block.outputs:
            title = f"block `{block.name.text}`"
            missing = partial(no_line, owner=title)
            out = Flow.of(outputs(self, block.outputs, out, inner, context, missing))
        if not inner.children:
            outer.give_back(inner)
        elif block.inputs:
            outer.children.append(inner.closed(tuple([flow.value for flow in context.inputs]), out))
        else:
            outer.children.append(inner.close(context.entry.value, out))
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
        if _is_lone(item):
            help = "write `from: [prev, …]`, or give it a second path"
            self.fail("lone-join", f"`{item.name}` needs at least two inputs and has one", item.op, context, help=help)
        if not flows or (item.paths is None and item.sources is None and len(taken) == 1):
            help = (
                "write a list of paths, a mapping of names to paths, or `from: [a, b]`; `[]` passes the input through"
            )
            self.fail("empty-join", f"`{item.name}` has nothing to join", item.op, context, help=help)
        if len(flows) > 1:
            name = name_line(self, item, taken[0], scope, context)
            return name, self.layer(item, op, name, flows, scope, context)
        return name_group(self, item.id, taken[0], scope, context) if item.id else "", flows[0]

    def paths(self, paths: tuple[Path, ...], flow: Flow, scope: ScopeBuilder, context: Context) -> Iterator[Flow]:
        for path in paths:
            for context_of_round in self.rounds(path, flow, scope, context):
                if path.loops:
                    self.count_round(path.span)
                if path.when is not None and not self.condition(path.when, context_of_round, flow):
                    continue
                within = context_of_round.if_true(path.when)
                out = self.path(path, flow, scope, within)
                if out is not None:
                    yield out.single()

    def path(self, path: Path, flow: Flow, scope: ScopeBuilder, context: Context) -> Flow | None:
        """What one path gives; None where a patch removes it."""
        if path.name is None:
            return self.chain(path.items, flow, scope, context)
        found = self.patching.patched_scope(path, path.items, scope, context)
        if found is None:
            return None
        scope.count(path)
        name = name_group(self, path.name, flow, scope, context)
        scope.write(path, name)
        place = scope.inside(path, name, found[2])
        opened = Opened(found[1].env, path, control_path=found[1].control_path)
        inner = ScopeBuilder(scope.child_key(name), SCOPE, path.span, len(self.nodes), opened, scope, place=place)
        scope.ids[name] = self.scope(found[0], flow, inner, scope, found[1])
        return scope.ids[name]

    def layer(
        self, item: Item, op: LayerName, name: str, flows: tuple[Flow, ...], scope: ScopeBuilder, context: Context
    ) -> Flow:
        arguments = self.arguments(item, op, context, flows[0])
        layer = self.make(item, op.name, arguments, context)
        shapes = tuple([flow.known() for flow in flows])
        alone = flows[0].dtype if len(flows) == 1 else ""
        usual = alone == "float32" == layer.gives and layer.takes == FLOATS  # as nearly all layers are
        dtype = alone if usual else self.dtype(item, layer, flows, context)
        try:
            facts = self.infer(item, layer, shapes, context)
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
            shape=facts.shape,
            tensors=facts.tensors,
            macs=facts.macs,
            span=context.place(item.span),
            item=item,
            trace=context.trace,
            aux=self.aux,
            reused=self.reused,
            control_path=context.control_path,
            dtype=dtype,
            several=facts.several,
        )
        self.nodes.append(node)
        scope.children.append(node)
        if facts.several is None:
            return Flow(node.index, facts.shape, dtype)
        values = zip(facts.several.items(), node.values, strict=True)
        return Flow.of({name: Flow(value, one.shape, one.dtype) for (name, one), value in values})

    def dtype(self, item: Item, layer: Layer, flows: tuple[Flow, ...], context: Context) -> str:
        """The dtype of what a layer gives. Fails where it cannot take that of what arrives."""
        kinds = [flow.dtype for flow in flows]
        for flow in flows:
            if layer.takes and flow.dtype not in layer.takes:
                self.report([wrong_dtype(item, layer, flow, self.nodes, self.spec)], context.trace)
                raise Broken
        if layer.gives is None and len(set(kinds)) > 1:
            other = next(flow for flow in flows if flow.dtype != kinds[0])
            self.report([wrong_dtype(item, layer, other, self.nodes, self.spec, kinds[0])], context.trace)
            raise Broken
        return layer.gives or kinds[0]

    def infer(self, item: Item, layer: Layer, shapes: tuple[Shape, ...], context: Context) -> LayerFacts:
        """Output shape, tensors and MACs; the same for each copy of a layer. Raises Refusal."""
        key = (id(layer), shapes)  # `made` holds the layer
        found = self.inferred.get(key)
        if found is None:
            self.meter.spend(NEW_LAYER)
            try:
                found = facts(layer, shapes, anew=self.tracked)
            except PluginFault as fault:
                self.fail("plugin-failed", fault.message, item.op, context, "called here", fault.help)
            self.meter.spend(TENSOR * (len(found.tensors) + len(found.several or ())))
            given = [found.shape] if found.several is None else [one.shape for one in found.several.values()]
            elements = [*(shape.elements for shape in given), *(tensor.elements for tensor in found.tensors.values())]
            if any(len(shape) > MAX_RANK for shape in given) or any(number > MAX_ELEMENTS for number in elements):
                name = type(layer).__name__
                self.fail("too-large", f"the output of `{name}` is too large", item.op, context)
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
        flows = flows if layer.inputs is None else flows[:1]  # a refusal tells of the first input, or of all of a join
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


def _is_lone(item: Item) -> bool:
    """Whether a join has one path, or one id in its `from`, for all values of the params."""
    if item.paths is not None:
        return len(item.paths) == 1 and item.paths[0].when is None and not item.paths[0].loops
    return item.sources is not None and len(item.sources) == 1 and is_plain(item.sources[0].text)


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
