"""Graph -> Trace: what a source has to do, from the nodes and edges alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from cnnspec.engine.layers import Layer
from cnnspec.engine.network import INPUT, Graph, Node, Scope
from cnnspec.engine.network.graph import LOGITS
from cnnspec.engine.verify.trace import (
    LAYERS,
    Fill,
    Pass,
    Trace,
    TracedModule,
    TracedStep,
    TraceRecorder,
    Value,
    exact,
    settings,
)


def replay(graph: Graph, numbers: dict[Hashable, int]) -> Trace:
    """What a source has to do."""
    nodes = list(held(graph.root))
    return Trace(
        [module(node) for node in nodes if node.tensors],
        [node.key for node in nodes if node.tensors and not node.layer.is_parameter],
        [
            Fill(init.parameter, init.call.target.removeprefix("torch."), exact(init.call.arguments))
            for init in graph.init
        ],
        forward(graph, numbers, training=False),
        forward(graph, numbers, training=True),
    )


def held(scope: Scope) -> Iterator[Node]:
    """The nodes whose modules a scope holds, in the order of the state dict: parameters of its own come first."""
    first = {child.name: child for child in reversed(scope.children)}
    children = [first[name] for name in dict.fromkeys(child.name for child in scope.children)]
    yield from (child for child in children if isinstance(child, Node) and child.layer.is_parameter)
    for child in children:
        if isinstance(child, Scope):
            yield from held(child)
        elif not child.layer.is_parameter:
            yield child


def module(node: Node) -> TracedModule:
    call = node.layer.call(node.input_shapes[0])
    return TracedModule(node.key, call.target, exact(settings(call.target, call.arguments)))


def forward(graph: Graph, numbers: dict[Hashable, int], *, training: bool) -> Pass:
    """One pass over the nodes; heads run in training only."""
    recorder = TraceRecorder(numbers)
    values = {INPUT - place: recorder.input(place) for place in range(len(graph.inputs))}
    for node in graph.nodes:
        if training or not node.aux:
            given = ran(node, tuple(values[value] for value in node.inputs), recorder)
            values |= zip(node.values, given, strict=True)
    names = list(graph.outputs) or [LOGITS if training and graph.aux else ""]
    wanted = dict(zip(names, graph.output_values, strict=True))
    if training:
        wanted |= {head.output: head.value for head in graph.aux}
    return Pass(recorder.steps, {name: recorder.read(values[value]) for name, value in wanted.items()})


def ran(node: Node, inputs: tuple[Value, ...], recorder: TraceRecorder) -> tuple[Value, ...]:
    """What a node gives: one value, or several."""
    if node.several is None:
        return (ran_once(node, inputs, recorder),)
    call = node.layer.call(node.input_shapes[0])
    if node.layer.role == "split":
        return recorder.parts(call.target, call.arguments, inputs[0], len(node.several))
    return recorder.several(call.target, call.arguments, key_of(node), inputs, len(node.several))


def key_of(node: Node) -> str:
    """The key of a layer; a layer without tensors and without an id may be a function, which has none."""
    return node.key if node.tensors or node.item.id is not None else ""


def ran_once(node: Node, inputs: tuple[Value, ...], recorder: TraceRecorder) -> Value:
    call = node.layer.call(node.input_shapes[0])
    layer = LAYERS.get(call.target, Layer)
    if layer.operator is not None:
        result, *others = inputs
        for other in others:
            result = recorder.join(layer.operator, result, other)
        return result
    if layer.role == "join":
        return recorder.join("cat", *inputs)
    if node.layer.is_parameter:
        recorder.steps.append(
            TracedStep(call.target, exact(call.arguments), node.key, tuple(map(recorder.read, inputs)))
        )
        return recorder.value("step", len(recorder.steps))
    key = "" if layer.input_names and layer.function else key_of(node)
    return recorder.call(call.target, call.arguments, key, inputs)
