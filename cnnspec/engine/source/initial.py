"""Initial weights as a loop over the modules, such as torchvision's builders have.

    for module in self.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

Layers of a type that are filled alike stand under one condition; the fewer of them, which a pattern of the spec
reaches, go before the others under their names. The loop comes by the modules in the order of the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cnnspec.engine.layers import REGISTRY
from cnnspec.engine.layers.init import fans
from cnnspec.engine.network import Graph, Node
from cnnspec.engine.network.graph import Init
from cnnspec.engine.source.code import code, expr, name, names_in, over
from cnnspec.engine.source.names import evaluated
from cnnspec.engine.source.simplify import simplified
from cnnspec.engine.source.solve import hint
from cnnspec.engine.source.text import Bracket, Doc, Prefixed, SourceLine, Statement, Suite, Text, call, flat, read_by
from cnnspec.engine.source.values import frozen, literal, quoted, same, type_name
from cnnspec.engine.syntax.expr import Expr

# How many values of a weight one output sums, and to how many outputs one input goes: as torch.nn.init counts them.
FANS = {"fan_in": "module.weight[0].numel()", "fan_out": "module.weight[:, 0].numel()"}
FANS_OF_LINEAR = {"fan_in": "module.in_features", "fan_out": "module.out_features"}
SUBCLASSES = {layer.subclass_of: name for name, layer in REGISTRY.items() if layer.trains and layer.subclass_of}


@dataclass(eq=False)
class InitGroup:
    """Layers of one type that are filled alike; ``fills`` holds the code for each tensor, None for torch's own."""

    type: str
    fills: dict[str, Doc | None]
    keys: list[str]
    tensors: list[frozenset[str]] = field(default_factory=list)  # of each layer

    def takes(self, fills: Mapping[str, Doc | None]) -> bool:
        """Whether a layer is filled as these are, as far as it has the same tensors."""
        return all(_flat(fills[tensor]) == _flat(self.fills[tensor]) for tensor in fills.keys() & self.fills.keys())

    def add(self, key: str, fills: Mapping[str, Doc | None]) -> None:
        self.keys.append(key)
        self.tensors.append(frozenset(fills))
        self.fills = {**self.fills, **fills}

    @property
    def is_filled(self) -> bool:
        return any(doc is not None for doc in self.fills.values())

    def statements(self) -> list[Statement]:
        """What fills a module."""
        done: list[Statement] = []
        for tensor, doc in self.fills.items():
            line = SourceLine("", doc) if doc is not None else None
            if line is not None and all(tensor in tensors for tensors in self.tensors):
                done.append(line)
            elif line is not None:
                done.append(Suite("if ", Text(f"module.{tensor} is not None"), (line,)))
        read = read_by(done)
        sizes = FANS_OF_LINEAR if self.type == "Linear" else FANS
        return [*(SourceLine(f"{fan} = ", Text(size)) for fan, size in sizes.items() if fan in read), *done]


def said(graph: Graph) -> list[str]:
    """The code of all that is filled, in order: equal for networks whose sizes it reads from the modules."""
    nodes = {node.key: node for node in graph.nodes if not node.reused}
    return [
        f"{init.parameter} {_flat(_filled(init, nodes[init.key], graph)) if init.tensor else init.call}"
        for init in graph.init
    ]


def initial(graph: Graph) -> list[Statement]:
    """Statements behind the modules; none where PyTorch's own weights stay."""
    if not graph.init:
        return []
    if any(not init.tensor for init in graph.init):
        return [_one_by_one(init) for init in graph.init]
    groups = _grouped(graph)
    branches = [*_left_alone(groups), *_chain(groups)]
    by_name = any("name" in read_by([branch]) for branch in branches)
    loop, modules = ("for name, module in ", "self.named_modules") if by_name else ("for module in ", "self.modules")
    return [Suite(loop, call(modules), tuple(branches))]


def _one_by_one(init: Init) -> SourceLine:
    """A parameter by its key: the way where scopes have parameters of their own."""
    arguments = (Prefixed(f"{each}=", literal(frozen(v))) for each, v in init.call.arguments.items())
    parameter = call("self.get_parameter", Text(quoted(init.parameter)))
    return SourceLine("", call(_function(init), parameter, *arguments))


def _function(init: Init) -> str:
    return init.call.target.removeprefix("torch.")


# ----------------------------------------------------------------------------------------------------- groups


def _grouped(graph: Graph) -> list[InitGroup]:
    """The layers that have something to fill: of each type the smallest group first, subclasses before their bases."""
    fills = {(init.key, init.tensor): init for init in graph.init}
    groups: list[InitGroup] = []
    for node in graph.nodes:
        own = {
            tensor: _filled(fills.get((node.key, tensor)), node, graph)
            for tensor, about in node.tensors.items()
            if about.trained and not node.reused
        }
        if own:
            _add(groups, node, own)
    filled = {group.type for group in groups if group.is_filled}
    kept = [group for group in groups if group.type in filled]
    order = list(dict.fromkeys(group.type for group in kept))
    bases = [type_ for type_ in order if type_ in SUBCLASSES]
    return sorted(kept, key=lambda group: (group.type in bases, order.index(group.type), len(group.keys)))


def _add(groups: list[InitGroup], node: Node, fills: dict[str, Doc | None]) -> None:
    found = next((group for group in groups if group.type == node.type and group.takes(fills)), None)
    if found is None:
        found = InitGroup(node.type, {}, [])
        groups.append(found)
    found.add(node.key, fills)


def _filled(init: Init | None, node: Node, graph: Graph) -> Doc | None:
    """``nn.init.normal_(module.weight, std=0.01)``."""
    if init is None:
        return None
    arguments = [Prefixed(f"{each}=", _argument(init, each, node, graph)) for each in init.call.arguments]
    return call(_function(init), Text(f"module.{init.tensor}"), *arguments)


def _argument(init: Init, argument: str, node: Node, graph: Graph) -> Doc:
    """What the spec says of the layer's own sizes, where it does; else the value."""
    value = frozen(init.call.arguments[argument])
    entry = init.said.entry(argument) if init.said else None
    said = hint(entry.value) if entry else None
    found = None if said is None else _over_module(said, graph)
    if found is None or not names_in(found):
        return literal(value)
    weight = node.tensors["weight"].shape if "weight" in node.tensors else ()
    known = dict(zip((*FANS, "module.groups"), (*(fans(weight) or ()), getattr(node.layer, "groups", 1)), strict=False))
    values = evaluated(found, lambda each, point: known[each], {(): None})
    return code(found) if values is not None and same(float(values[()]), float(value)) else literal(value)


def _over_module(said: Expr, graph: Graph) -> Expr | None:
    """An expression over ``fan_in``, ``fan_out`` and ``module.groups``, the params filled in."""
    if said.op == "layer":
        return name(f"module.{said.args[0]}" if said.args[0] == "groups" else said.args[0])
    if said.op == "name":
        params = graph.root.opened.names
        return expr("literal", frozen(params[said.args[0]])) if said.args[0] in params else None
    made = over(said, lambda part: _over_module(part, graph))
    return None if made is None else simplified(made)


def _flat(doc: Doc | None) -> str:
    return "" if doc is None else flat(doc)


# --------------------------------------------------------------------------------------------------- branches


def _left_alone(groups: Sequence[InitGroup]) -> Iterator[Statement]:
    """``continue`` for layers that keep torch's own weights while others of their type do not."""
    for group in groups:
        if not group.is_filled:
            yield Suite("if ", _by_name(group, groups), (SourceLine("", Text("continue")),))


def _chain(groups: Sequence[InitGroup]) -> Iterator[Statement]:
    """``if …: elif …:``: first layers that are named, then types; those that are filled alike share a branch."""
    filled = [group for group in groups if group.is_filled]
    last = {group.type: group for group in filled}
    branches = [(_both(_of_types([g.type], groups), _by_name(g, groups)), g) for g in filled if last[g.type] is not g]
    done: list[InitGroup] = []
    for group in last.values():
        if group not in done:
            alike = [other for other in last.values() if other.statements() == group.statements()]
            done += alike
            branches.append((Text(_of_types([other.type for other in alike], groups)), group))
    for number, (condition, group) in enumerate(branches):
        yield Suite("elif " if number else "if ", condition, tuple(group.statements()))


def _of_types(types: Sequence[str], groups: Sequence[InitGroup]) -> str:
    """``isinstance(module, nn.Conv2d)``, or the very type where a subclass of it is not filled."""
    titles = " | ".join(map(type_name, types))
    subclass = SUBCLASSES.get(types[0])
    if subclass is not None and all(group.type != subclass for group in groups):
        return f"type(module) is {titles}"
    return f"isinstance(module, {titles})"


def _both(of_type: str, named: Doc) -> Doc:
    if isinstance(named, Bracket):
        return Bracket(f"{of_type} and {named.head}", named.items, named.tail, named.reads)
    return Text(f"{of_type} and {flat(named)}", frozenset({"name"}))


def _by_name(group: InitGroup, groups: Sequence[InitGroup]) -> Doc:
    """The layers of a group by their names, or by the last part that all of them and no others have."""
    read = frozenset({"name"})
    if len(group.keys) == 1:
        return Text(f"name == {quoted(group.keys[0])}", read)
    ends = {key.rpartition(".")[2] for key in group.keys}
    others = [key for other in groups if other is not group for key in other.keys]
    end = f".{ends.pop()}"
    if not ends and all(key.endswith(end) for key in group.keys) and not _any_ends(others, end):
        return Text(f"name.endswith({quoted(end)})", read)
    return Bracket("name in (", tuple(Text(quoted(key)) for key in group.keys), ")", read)


def _any_ends(keys: Iterable[str], end: str) -> bool:
    return any(key.endswith(end) for key in keys)
