"""The class of the whole network: its own inputs and outputs, and heads that run in training only."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.emit.source.dataflow import Dataflow
from cnnspec.emit.source.forward import Forward
from cnnspec.emit.source.initial import FANS, initial
from cnnspec.emit.source.naming import is_attribute, spelled
from cnnspec.emit.source.text import Bracket, Doc, Line, Prefixed, Statement, Suite, Text, call
from cnnspec.emit.source.values import Slot, frozen, quoted
from cnnspec.emit.source.wiring import unrolled, wire
from cnnspec.emit.source.writer import ClassWriter, Method
from cnnspec.network import Node
from cnnspec.network.graph import LOGITS

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
        flow = Dataflow(self.maker, self.constructor, names, {head.name: head.output for head in graph.aux})
        heads = [head.value for head in graph.aux]
        wiring = wire(unrolled(self.entries, self.top), self.scopes, (*graph.given, *heads))
        operations, place = flow.operations(wiring)
        outputs = [place[value] for value in wiring.outputs]
        twice = outputs if heads else []  # so that each has a variable: it is given in training and in evaluation
        forward = Forward(operations, self.inputs(), outputs + twice, {"outputs", self.outputs_class})
        docs = forward.run()[: len(outputs)]
        given, extra = docs[: len(graph.given)], docs[len(graph.given) :]
        done = self.several(given, extra) if graph.outputs else self.with_heads(given[0], extra)
        return Method("nn.Module", flow.init, [*forward.lines, *done])

    def several(self, given: Sequence[Doc], extra: Sequence[Doc]) -> list[Statement]:
        """A dict, to which training adds what the heads give."""
        entries = [Prefixed(f"{quoted(name)}: ", doc) for name, doc in zip(self.graph.outputs, given, strict=True)]
        display = Bracket("{", tuple(entries), "}")
        if not extra:
            return [Line("return ", display)]
        added: list[Statement] = [
            Line(f"outputs[{quoted(head.output)}] = ", doc) for head, doc in zip(self.graph.aux, extra, strict=True)
        ]
        return [
            Line("outputs = ", display),
            Suite("if ", Text("self.training"), tuple(added)),
            Line("return ", Text("outputs")),
        ]

    def with_heads(self, given: Doc, extra: Sequence[Doc]) -> list[Statement]:
        """The logits alone, and in training what the heads give as well."""
        if not extra:
            return [Line("return ", given)]
        all_of_them = call(self.outputs_class, given, *extra)
        return [
            Suite("if ", Text("self.training"), (Line("return ", all_of_them),)),
            Line("return ", given),
        ]

    def outputs_text(self) -> str:
        """The named tuple that training gives; nothing where there is none."""
        if not self.graph.aux or self.graph.outputs:
            return ""
        fields = [LOGITS, *(head.output for head in self.graph.aux)]
        return "\n".join([f"class {self.outputs_class}(NamedTuple):", *(f"    {field}: Tensor" for field in fields)])
