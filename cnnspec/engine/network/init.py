"""The rules of `init` over a graph: which function fills which parameter, in the order in which the builder calls it.

    Graph, rules ──► Init, Init, ...      each layer in the order of modules, its tensors in their own
                     patterns before types, later rules before earlier ones

Arguments may read the params of the spec, and of the layer `layer.fan_in`, `layer.fan_out` and `layer.groups`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Label, Sink, nearest
from cnnspec.engine.layers import Call, Refusal, Tensor
from cnnspec.engine.layers.base import shown
from cnnspec.engine.layers.init import FUNCTIONS, Function, fans
from cnnspec.engine.network.graph import Graph, Init, Node
from cnnspec.engine.network.reporter import outermost
from cnnspec.engine.spec import Spec, resolve_params
from cnnspec.engine.spec import arguments as args
from cnnspec.engine.spec.arguments import BadValue, holds_expression
from cnnspec.engine.spec.edits import rename
from cnnspec.engine.spec.init import no_such_tensor
from cnnspec.engine.spec.pattern import Pattern
from cnnspec.engine.spec.rules import Rule, RuleSetting
from cnnspec.engine.spec.validation_errors import validate
from cnnspec.engine.syntax import Map, Meter, OutOfWork, Silent, Value

# What it costs, in steps of the Meter: to hold a key against a pattern, and for so many of its characters one more; to
# evaluate a function's arguments, and a fill.
PATTERN, CHARACTERS, FUNCTION, FILL = 4, 32, 40, 3
NEAR = 4  # how often each key is looked at, to find the one that was meant
KEYS = "`cnnspec summary --full` shows the keys; `*` matches any one part, `**` any number of parts"
BARE = "weight"  # what rules call the one tensor of a layer that is no module
Facts = tuple[int | None, int | None, int]
Fill = tuple[str, Call, Map | None]  # a tensor, what fills it, and the arguments as they are written


def filled(graph: Graph, spec: Spec, layers: set[str], sink: Sink, meter: Meter) -> Graph:
    """The graph with what fills its parameters. What is wrong goes to the sink. Raises OutOfWork."""
    if not spec.init:
        return graph
    return replace(graph, init=tuple(_Filler(spec, resolve_params(spec, layers), sink, meter).inits(graph)))


def trained(node: Node) -> dict[str, Tensor]:
    """The parameters of a layer by the names that rules call them."""
    return {name or BARE: tensor for name, tensor in node.tensors.items() if tensor.trained}


class _Filler:
    def __init__(self, spec: Spec, env: dict[str, Value], sink: Sink, meter: Meter) -> None:
        self.env = env
        self.sink = sink
        self.meter = meter
        self.trace = outermost(spec)
        self.types = {rule.key.text: rule for rule in spec.init if rule.pattern is None}
        self.patterns = [rule for rule in reversed(spec.init) if rule.pattern is not None]
        self.reach = sum(map(_price, self.patterns))
        self.made: dict[tuple[RuleSetting, Facts | None], Function | None] = {}
        self.known: dict[tuple[int, ...], tuple[Fill, ...]] = {}

    def inits(self, graph: Graph) -> Iterator[Init]:
        done: set[str] = set()
        for node in graph.root.leaves():
            if node.key not in done and (node.tensors or node.type in self.types):
                done.add(node.key)
                for name, call, args in self.fills(node):
                    self.meter.spend(FILL)
                    yield Init(node.key, name, call, args)

    def fills(self, node: Node) -> tuple[Fill, ...]:
        """What fills the tensors of a layer. Copies of one layer share their tensors, and are asked for once."""
        patterns = self.reaching(node) if self.patterns and node.tensors else []
        key = (id(node.tensors), *map(id, patterns))  # tensors are those of one layer, and so of one type
        found = self.known.get(key)
        if found is None:
            self.check_type(node)
            own = [self.types[node.type]] if node.type in self.types else []
            found = self.known[key] = tuple(self.filled(node, [*patterns, *own]))
        return found

    def filled(self, node: Node, rules: Sequence[Rule]) -> Iterator[Fill]:
        for name, tensor in node.tensors.items():
            setting = _first(rules, name or BARE) if tensor.trained else None
            function = self.function(setting, node) if setting and setting.function else None
            if setting and function and self.takes(function, setting, node, tensor):
                yield name, function.call(), setting.args

    def reaching(self, node: Node) -> list[Rule]:
        """The rules whose patterns reach a layer, the one that goes first in front."""
        self.meter.spend(self.reach)
        return [rule for rule in self.patterns if rule.pattern and rule.pattern.matches(node.key)]

    def check_type(self, node: Node) -> None:
        """Tensors that a rule for a type names, and that no layer of it has."""
        rule = self.types.get(node.type)
        if rule is None:
            return
        known = tuple(dict.fromkeys([*trained(node), *type(node.layer).trains]))
        for setting in rule.settings:
            if setting.tensor.text not in known:
                self.sink.add(no_such_tensor(f"`{node.type}` has", setting.tensor, known))

    def function(self, setting: RuleSetting, node: Node) -> Function | None:
        """The function with its arguments, which may differ from layer to layer; None where one is wrong."""
        facts = _facts(node) if setting.args and holds_expression(setting.args) else None
        key = (setting, facts)
        if key not in self.made:
            self.meter.spend(FUNCTION)
            self.made[key] = None if setting.broken else self.evaluated(setting, facts)
        return self.made[key]

    def evaluated(self, setting: RuleSetting, facts: Facts | None) -> Function | None:
        assert setting.function is not None
        env = self.env if facts is None else {**self.env, **_words(facts)}
        try:
            given = args.arguments(setting.args, env, None, self.meter)
        except BadValue as error:
            self.sink.add(error.diagnostic(self.trace))
            return None
        except Silent:
            return None
        values = {name: argument.value for name, argument in given.items()}
        entries = {name: argument.entry for name, argument in given.items()}
        name = setting.function.text
        made = validate(FUNCTIONS[name], values, entries, setting.function.span, name)
        if isinstance(made, Function):
            return made
        for diagnostic in made:
            self.sink.add(replace(diagnostic, trace=self.trace))
        return None

    def takes(self, function: Function, setting: RuleSetting, node: Node, tensor: Tensor) -> bool:
        """Whether the function fills a tensor of this shape."""
        try:
            function.check(tensor.shape)
        except Refusal as refusal:
            self.refuse(refusal, setting, node, tensor)
            return False
        return True

    def refuse(self, refusal: Refusal, setting: RuleSetting, node: Node, tensor: Tensor) -> None:
        assert setting.function is not None
        entry = setting.args.entry(refusal.argument) if setting.args and refusal.argument else None
        place = Label(node.span, f"its `{setting.tensor.text}` has the shape {shown(tensor.shape)}")
        label = Label(entry.span if entry else setting.function.span)
        notes = (refusal.note,) if refusal.note else ()
        said = Diagnostic(refusal.code, refusal.message, label, (place,), notes, refusal.help, self.trace)
        self.sink.add(said)


def _first(rules: Sequence[Rule], tensor: str) -> RuleSetting | None:
    return next((setting for rule in rules if (setting := rule.setting(tensor))), None)


def _facts(node: Node) -> Facts:
    """What expressions may read of a layer."""
    weight = trained(node).get("weight")
    fan_in, fan_out = (weight and fans(weight.shape)) or (None, None)
    return fan_in, fan_out, getattr(node.layer, "groups", 1)


def _words(facts: Facts) -> dict[str, Value]:
    return dict(zip(("layer.fan_in", "layer.fan_out", "layer.groups"), facts, strict=True))


# ------------------------------------------------------------------------------------------------------ reach


def check_patterns(spec: Spec, graphs: Sequence[Graph], sink: Sink, meter: Meter) -> None:
    """Patterns that reach nothing in any of the graphs, which are of all variants; silent where one is not whole.

    Those of a base are for its own check: a patch may have taken away what they reach.
    """
    if meter.told or not all(graph.output for graph in graphs):
        return
    try:
        for rule in spec.init:
            own = rule.key.span.source is spec.source
            if rule.pattern is not None and own and not sink.full:
                _check_pattern(rule, rule.pattern, spec, graphs, sink, meter)
    except OutOfWork:
        message = "the patterns of `init` take too much work"
        sink.error("too-much-work", message, spec.init[0].key.span)


def _check_pattern(rule: Rule, pattern: Pattern, spec: Spec, graphs: Sequence[Graph], sink: Sink, meter: Meter) -> None:
    meter.spend(_price(rule) * sum(len(graph.nodes) for graph in graphs))
    reached = [node for graph in graphs for node in graph.nodes if pattern.matches(node.key)]
    if not reached:
        sink.add(_unreached(rule, pattern, spec, graphs, meter))
        return
    known = tuple(dict.fromkeys(n for node in reached for n in (*trained(node), *type(node.layer).trains)))
    for setting in rule.settings:
        if setting.tensor.text not in known:
            owners = "the layers that this pattern matches have" if len(reached) > 1 else "this layer has"
            sink.add(no_such_tensor(owners, setting.tensor, known))


def _price(rule: Rule) -> int:
    """What it costs to hold a key against a rule's pattern."""
    return PATTERN + len(rule.key.text) // CHARACTERS


def _unreached(rule: Rule, pattern: Pattern, spec: Spec, graphs: Sequence[Graph], meter: Meter) -> Diagnostic:
    """A pattern that fits no key, with what was most likely meant."""
    keys = tuple(dict.fromkeys(node.key for graph in graphs for node in graph.nodes))
    meter.spend(NEAR * _price(rule) * len(keys))
    text, help, near = rule.key.text, "", None
    inside = Pattern((*pattern.parts, "**"))
    if any(inside.matches(key) for key in keys):
        near, help = str(inside), "a scope has no parameters; the layers inside it do"
    elif pattern.lone_word and text in spec.blocks:
        help = f"`{text}` is a block: name its layers by their keys, for example `layer1.*.conv2`"
    elif pattern.lone_word and (type := nearest(text, {node.type for graph in graphs for node in graph.nodes})):
        near = type
    else:
        near = str(pattern.near(keys) or "") or None
    label = Label(rule.key.span, f"did you mean `{near}`?" if near else "")
    message = f"no layer of the network has a key that matches `{text}`"
    return Diagnostic("unreached-init", message, label, help=help or KEYS, repairs=rename(rule.key.span, near))
