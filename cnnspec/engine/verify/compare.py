"""Two traces -> the first difference, in words."""

from __future__ import annotations

import ast
import math
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any, NamedTuple

from cnnspec.engine.diagnostics import CnnspecError
from cnnspec.engine.network import Graph
from cnnspec.engine.source.helpers import HELPERS
from cnnspec.engine.verify import allowed, standins
from cnnspec.engine.verify.replay import module, replay
from cnnspec.engine.verify.trace import (
    OURS,
    TRAINS,
    Pass,
    SourceDiffers,
    Trace,
    TracedModule,
    TracedStep,
    TraceRecorder,
    Value,
    exact,
    settings,
)

# Source -> Trace: Python runs it, with stand-ins in place of torch.


def run(source: str, graph: Graph, numbers: dict[Hashable, int]) -> Trace:
    """What a source does. Raises Unlike, and whatever Python raises."""
    world = standins.TorchStandIn(
        {key: tensor.shape for key, tensor in graph.tensors.items()},
        TRAINS | {node.layer.call(node.input_shapes[0]).target: type(node.layer).trains for node in graph.nodes},
        TraceRecorder(numbers),
    )
    network = executed(source, world)()
    standins.bind(network)
    empty = {module(node)[1:] for node in graph.nodes if not node.tensors}
    held = [each for each in modules(network) if each.key in world.owners or holds(each, world, empty)]
    created = [described(layer) for layer in world.created]
    return Trace(
        held,
        [each.key for each in created if each.key in world.owners or holds(each, world, empty)],
        list(world.fills),
        forward(network, world, graph, training=False),
        forward(network, world, graph, training=True),
    )


def holds(module: TracedModule, world: standins.TorchStandIn, empty: Collection[tuple[str, ...]]) -> bool:
    """Whether a module has tensors although the network has none of its key; ``empty`` are layers that have none."""
    return bool(world.trains.get(module.target, ("unknown",))) and module[1:] not in empty


def executed(source: str, world: standins.TorchStandIn) -> Any:
    """The class of the network, which is the last of a source."""
    tree = ast.parse(source)
    allowed.check(tree)
    named: dict[str, Any] = {}
    brought = {name: ast.dump(ast.parse(text.strip()).body[0]) for name, text in HELPERS.items()}
    for node in tree.body:  # a helper class of the emitter is a layer here, and is not run itself
        if isinstance(node, ast.ClassDef) and ast.dump(node) == brought.get(node.name):
            named[node.name] = world.layer(OURS + node.name)
    tree.body = [n for n in tree.body if not (isinstance(n, ast.ClassDef) and ast.dump(n) == brought.get(n.name))]
    namespace = {"__name__": "exported", "__builtins__": {**allowed.BUILTINS, "__import__": importer(world)}, **named}
    exec(compile(tree, "<exported source>", "exec"), namespace)  # noqa: S102 - of our own writing, and looked through
    last = [node.name for node in tree.body if isinstance(node, ast.ClassDef)][-1]
    return namespace[last]


def importer(world: standins.TorchStandIn) -> Callable[..., Any]:
    """What `import` gives: stand-ins for torch, and for the modules of layers that are not torch's."""
    known: dict[str, Any] = {
        "torch": standins.torch(world),
        "math": SimpleNamespace(ceil=math.ceil, floor=math.floor, sqrt=math.sqrt),
        "collections": SimpleNamespace(OrderedDict=OrderedDict),
        "collections.abc": SimpleNamespace(Callable=Callable),
        "functools": SimpleNamespace(partial=partial),
        "typing": SimpleNamespace(NamedTuple=NamedTuple),
    }

    def load(name: str, *_: Any) -> Any:
        if name == "torch.nn.functional":  # `import a.b as c` is given `a`
            return known["torch"]
        return known.get(name) or standins.Namespace(lambda attribute: world.layer(f"{name}.{attribute}"))

    return load


def modules(network: standins.ModuleStandIn) -> Iterator[TracedModule]:
    """Layers and parameters by key."""
    for key, child in standins.children(network):
        if isinstance(child, standins.Parameter):
            yield TracedModule(key, "torch.full", exact(child.__arguments__))
        else:
            yield described(child)._replace(key=key)


def described(layer: standins.LayerStandIn) -> TracedModule:
    return TracedModule(layer.__key__, layer.__target__, exact(settings(layer.__target__, layer.__arguments__)))


def forward(network: standins.ModuleStandIn, world: standins.TorchStandIn, graph: Graph, *, training: bool) -> Pass:
    """One pass, recorded."""
    several = [node for node in graph.nodes if node.several is not None and (training or not node.aux)]
    world.counts = iter([len(node.values) for node in several])
    world.several = frozenset(node.layer.call(node.input_shapes[0]).target for node in several)
    for each in network.modules():
        each.__dict__["training"] = training
    recorder = world.recorder = TraceRecorder(world.recorder.numbers)
    given = network(*(recorder.input(place) for place in range(len(graph.inputs))))
    named = {"": given} if isinstance(given, Value) else given if isinstance(given, dict) else given._asdict()
    return Pass(recorder.steps, {name: recorder.read(value) for name, value in named.items()})


DEFECT = "this is a defect of cnnspec: please report it with the spec"


def verify(graph: Graph, source: str) -> None:
    """Raises CnnspecError where a source is not the network of a graph."""
    numbers: dict[Hashable, int] = {}
    expected = replay(graph, numbers)
    try:
        compare(run(source, graph, numbers), expected)
    except SourceDiffers as difference:
        what = str(difference)
    except Exception as error:  # noqa: BLE001 - a wrong program raises errors of every kind
        what = f"it raises {type(error).__name__}: {error}"
    else:
        return
    raise CnnspecError(f"the Python source of `{graph.name}` is not that network: {what}. Nothing is written", DEFECT)


def compare(found: Trace, expected: Trace) -> None:
    """Raises Unlike with the first difference."""
    same_modules(found.modules, expected.modules)
    for one, other in zip_longest(found.created, expected.created):
        if one != other:
            raise SourceDiffers(
                f"it creates `{one}` where the network creates `{other}`, which changes initial weights"
            )
    for fill, wanted in zip_longest(found.fills, expected.fills):
        if fill != wanted:
            raise SourceDiffers(f"it initializes {shown(fill)}, not {shown(wanted)}")
    same_pass(found.evaluation, expected.evaluation, "evaluation")
    same_pass(found.training, expected.training, "training")


def same_modules(found: Sequence[TracedModule], expected: Sequence[TracedModule]) -> None:
    ours, theirs = ({item.key: item for item in items} for items in (found, expected))
    for key, item in theirs.items():
        if key not in ours:
            raise SourceDiffers(f"`{key}` is missing")
        if ours[key] != item:
            raise SourceDiffers(f"`{key}` is {shown(ours[key][1:])}, not {shown(item[1:])}")
    for item in found:
        if item.key not in theirs:
            raise SourceDiffers(f"the network has no `{item.key}`")
    for one, other in zip_longest(found, expected):
        if one != other:
            raise SourceDiffers(f"`{one and one.key}` stands where the network has `{other and other.key}`")


def same_pass(found: Pass, expected: Pass, mode: str) -> None:
    for number, (step, wanted) in enumerate(zip_longest(found.steps, expected.steps), 1):
        if step is None or wanted is None or not same_step(step, wanted):
            raise SourceDiffers(f"in {mode}, call {number} is {called(step)}, not {called(wanted)}")
    if found.outputs != expected.outputs or list(found.outputs) != list(expected.outputs):
        raise SourceDiffers(f"in {mode}, it returns other values")


def same_step(step: TracedStep, wanted: TracedStep) -> bool:
    """Whether a call is the wanted one; a layer without a key may have any."""
    key = wanted.key or step.key
    return step._replace(key=key) == wanted._replace(key=key)


def called(step: TracedStep | None) -> str:
    if step is None:
        return "nothing"
    of = ", ".join(f"value {number}" for number in step.inputs)
    call = f"{step.target.removeprefix('torch.nn.')}({step.arguments}) of {of}"
    return f"`{step.key}`, {call}" if step.key else call


def shown(what: tuple[str, ...] | None) -> str:
    return "nothing" if what is None else " ".join(what)
