"""A Graph -> the classes of its source: one for each block, the scopes that it gave being its instances.

    scopes ──by definition──► groups ──each──► Class: arguments, __init__, forward

A class whose instances no one source serves is parted by their structure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cnnspec.engine.network import Node, Scope
from cnnspec.engine.network.graph import LOGITS, OUTPUTS
from cnnspec.engine.source.class_table import Class, ClassTable, Instances
from cnnspec.engine.source.construct import numbered
from cnnspec.engine.source.dataflow import DataflowClass
from cnnspec.engine.source.forward import Forward
from cnnspec.engine.source.initial import FANS, initial
from cnnspec.engine.source.names import Unsolved
from cnnspec.engine.source.naming import class_name, is_attribute, spelled, unused
from cnnspec.engine.source.template import identity, line_of
from cnnspec.engine.source.text import Bracket, Doc, Prefixed, SourceLine, Statement, Suite, Text, call
from cnnspec.engine.source.values import Slot, frozen, quoted
from cnnspec.engine.source.wiring import unrolled, wire
from cnnspec.engine.source.writer import ClassWriter, Method

# The class of the whole network: its own inputs and outputs, and heads that run in training only.

ONLY = "input"  # what the one input is called where the spec has no name for it


class RootWriter(ClassWriter):
    """Writes the class of a network."""

    def candidates(self) -> dict[str, Slot]:
        """The params that may be set without changing anything else."""
        free = {name: value for name, value in self.classes.free.items() if name not in FANS}  # variables of `initial`
        return {name: dict.fromkeys(self.scopes, frozen(value)) for name, value in free.items()}

    def method(self) -> Method:
        graph = self.graph
        several = graph.aux or graph.outputs or len(graph.inputs) > 1
        found = self.network() if several else super().method()
        found.init.extend(initial(graph))
        return found

    def keeps_all(self) -> bool:
        """A network is a module with a `forward` of its own wherever its children can be called by name."""
        children = self.graph.root.children
        return not all(is_attribute(c.name) or (isinstance(c, Node) and not c.tensors) for c in children)

    def inputs(self) -> list[str]:
        names = list(self.graph.inputs)
        if names == [ONLY]:
            return ["x"]
        return list(map(spelled, names))

    def gives(self) -> str:
        """What `forward` returns."""
        if self.graph.outputs:
            return "dict[str, Tensor]"
        return f"Tensor | {self.outputs_class}" if self.graph.aux else "Tensor"

    @property
    def outputs_class(self) -> str:
        return f"{self.classes.title}Outputs"

    def network(self) -> Method:
        """A `forward` with several outputs, or with some in training only."""
        graph = self.graph
        names = {child.name for child in graph.root.children}
        flow = DataflowClass(self.maker, self.constructor, names, {head.name: head.output for head in graph.aux})
        heads = [head.value for head in graph.aux]
        wiring = wire(unrolled(self.entries, self.top), self.scopes, (*graph.output_values, *heads))
        operations, place = flow.operations(wiring)
        outputs = [place[value] for value in wiring.outputs]
        twice = outputs if heads else []  # so that each has a variable: it is given in training and in evaluation
        forward = Forward(operations, self.inputs(), outputs + twice, {"outputs", self.outputs_class})
        docs = forward.run()[: len(outputs)]
        given, extra = docs[: len(graph.output_values)], docs[len(graph.output_values) :]
        done = self.several(given, extra) if graph.outputs else self.with_heads(given[0], extra)
        return Method("nn.Module", flow.init, [*forward.lines, *done])

    def several(self, given: Sequence[Doc], extra: Sequence[Doc]) -> list[Statement]:
        """A dict, to which training adds what the heads give."""
        entries = [Prefixed(f"{quoted(name)}: ", doc) for name, doc in zip(self.graph.outputs, given, strict=True)]
        display = Bracket("{", tuple(entries), "}")
        if not extra:
            return [SourceLine("return ", display)]
        added: list[Statement] = [
            SourceLine(f"outputs[{quoted(head.output)}] = ", doc)
            for head, doc in zip(self.graph.aux, extra, strict=True)
        ]
        return [
            SourceLine("outputs = ", display),
            Suite("if ", Text("self.training"), tuple(added)),
            SourceLine("return ", Text("outputs")),
        ]

    def with_heads(self, given: Doc, extra: Sequence[Doc]) -> list[Statement]:
        """The logits alone, and in training what the heads give as well."""
        if not extra:
            return [SourceLine("return ", given)]
        all_of_them = call(self.outputs_class, given, *extra)
        return [
            Suite("if ", Text("self.training"), (SourceLine("return ", all_of_them),)),
            SourceLine("return ", given),
        ]

    def outputs_text(self) -> str:
        """The named tuple that training gives; nothing where there is none."""
        if not self.graph.aux or self.graph.outputs:
            return ""
        fields = [LOGITS, *(head.output for head in self.graph.aux)]
        return "\n".join([f"class {self.outputs_class}(NamedTuple):", *(f"    {field}: Tensor" for field in fields)])


SHORT = 3  # layers of a block that is used once and has no class of its own


@dataclass(eq=False)
class Classes(ClassTable):
    """Writes the classes of a graph, those that others use first."""

    def written(self) -> list[Class]:
        """All classes, that of the network last."""
        self.taken |= {self.title, f"{self.title}Outputs"}
        self.inline = inlined(self.graph.root)
        self.outside = frozenset(outside_blocks(self.graph.root))
        for scopes in grouped(self.graph.root, self.inline):
            if scopes[0] is not self.graph.root:
                self.define(scopes, title_of(scopes))
        self.network()
        return self.found

    def network(self) -> None:
        writer = RootWriter(self.graph, self, [self.graph.root])
        method, arguments = writer.written()
        self.outputs_text = writer.outputs_text()
        self.found.append(
            Class(self.title, method.base, "", arguments, method.init, method.forward, writer.inputs(), writer.gives())
        )

    def define(self, scopes: Sequence[Scope], title: str) -> None:
        """One class for all scopes, or one for each structure among them."""
        writer = ClassWriter(self.graph, self, scopes)
        try:
            method, arguments = writer.written()
        except Unsolved:
            parts = parted(scopes, self.instances)
            for part, name in zip(parts, self.titles(parts, title), strict=True):
                self.define(part, name)
            return
        block = scopes[0].opened.block
        name = unused(title, self.taken)
        self.taken.add(name)
        description = block.description if block else ""
        each = Class(
            name, method.base, description, arguments, method.init, method.forward, writer.inputs(), writer.gives()
        )
        self.found.append(each)
        self.instances |= {scope: (each, (number,)) for number, scope in enumerate(scopes)}

    def titles(self, parts: Sequence[Sequence[Scope]], title: str) -> list[str]:
        """Each part by the class that it alone uses, where there is one: ``FusedMBConvStage``."""
        used = [dict.fromkeys(self.classes_in(part[0])) for part in parts]
        titles = []
        for own in used:
            alone = [name for name in own if sum(name in other for other in used) == 1]
            titles.append(f"{alone[0]}{title}" if len(alone) == 1 else title)
        return titles

    def classes_in(self, scope: Scope) -> Iterable[str]:
        for child in scope.children:
            if isinstance(child, Scope) and child in self.instances:
                yield self.instances[child][0].name
            elif isinstance(child, Scope):
                yield from self.classes_in(child)


def outside_blocks(scope: Scope) -> Iterator[Scope]:
    """The scopes that no block opens."""
    for child in scope.children:
        if isinstance(child, Scope) and child.opened.block is None:
            yield child
            yield from outside_blocks(child)


def title_of(scopes: Sequence[Scope]) -> str:
    """The name of a block, or what scopes without one are called, less the numbers that tell them apart."""
    block = scopes[0].opened.block
    if block is not None:
        return class_name(block.name.text)
    name = scopes[0].name
    return class_name(name if len(scopes) == 1 else name.rstrip("0123456789_") or name)


def grouped(root: Scope, inline: frozenset[object]) -> list[list[Scope]]:
    """The scopes that become instances of classes, by their definition, those that others use first."""
    groups: dict[object, list[Scope]] = {}
    uses: dict[object, dict[object, None]] = {}

    def walk(scope: Scope, user: object) -> None:
        own = user
        if scope is root or identity(line_of(scope)) not in inline:
            own = root if scope is root else scope.opened.block or identity(line_of(scope))
            groups.setdefault(own, []).append(scope)
            uses.setdefault(user, {})[own] = None
        for child in scope.children:
            if isinstance(child, Scope):
                walk(child, own)

    walk(root, None)
    return [groups[each] for each in used_first(uses) if each in groups]


def used_first(uses: Mapping[object, Iterable[object]]) -> list[object]:
    """What is used before what uses it, else in the order of first use."""
    order: dict[object, None] = {}

    def visit(each: object) -> None:
        if each not in order:
            for used in uses.get(each, ()):
                visit(used)
            order[each] = None

    visit(None)
    return list(order)


def inlined(root: Scope) -> frozenset[object]:
    """The lines whose scopes are written out where they stand: chains that have no definition of their own.

    A short block of layers that is used once is one, too.
    """
    lines: dict[object, list[Scope]] = {}
    uses: Counter[object] = Counter()

    def walk(scope: Scope) -> None:
        for child in scope.children:
            if isinstance(child, Scope):
                walk(child)
                lines.setdefault(identity(line_of(child)), []).append(child)
                uses[child.opened.block] += 1

    walk(root)
    return frozenset(
        line
        for line, scopes in lines.items()
        if all(scope.is_chain and is_uniform(scope) for scope in scopes)
        and (scopes[0].opened.block is None or (uses[scopes[0].opened.block] == 1 and is_short(scopes[0])))
    )


def is_uniform(scope: Scope) -> bool:
    """Whether the children are named by their positions, or all by ids."""
    return numbered(scope) or all(is_attribute(child.name) for child in scope.children)


def is_short(scope: Scope) -> bool:
    """Whether a scope is a few layers."""
    return len(scope.children) <= SHORT and not any(isinstance(child, Scope) for child in scope.children)


def parted(scopes: Sequence[Scope], instances: Instances) -> list[list[Scope]]:
    """The scopes by what they are made of, else by their structure. Raises Unsolved where they are all alike."""
    for trait in (kinds, structure):
        parts: dict[object, list[Scope]] = {}
        for scope in scopes:
            parts.setdefault(trait(scope, instances), []).append(scope)
        if len(parts) > 1:
            return list(parts.values())
    raise Unsolved


def kinds(scope: Scope, instances: Instances) -> object:
    """Which lines give what in a scope, however often."""
    found: set[object] = set()
    for child in scope.children:
        if isinstance(child, Scope):
            kind = instances[child][0].name if child in instances else kinds(child, instances)
            found.add((identity(line_of(child)), kind))
        else:
            found.add((identity(line_of(child)), child.type))
    return frozenset(found)


def structure(scope: Scope, instances: Instances) -> object:
    """What two scopes have in common that one source without a condition makes."""
    places: dict[int, int] = {}
    for number, value in enumerate(scope.inputs):
        places.setdefault(value, -1 - number)
    found: list[object] = []
    for number, child in enumerate(scope.children):
        inputs = tuple(places[value] for value in child.inputs)
        for place, value in enumerate(child.values):
            places.setdefault(value, number + place * OUTPUTS)
        if isinstance(child, Scope):
            kind = instances[child][0].name if child in instances else structure(child, instances)
            found.append((child.name, identity(line_of(child)), kind, inputs))
        else:
            found.append(
                (child.name, identity(line_of(child)), child.type, inputs, *sorted(child.layer.model_fields_set))
            )
    return (*found, *(places[value] for value in scope.values))
