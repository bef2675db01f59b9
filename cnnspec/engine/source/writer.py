"""One class: its base, its arguments, its `__init__` and its `forward`, from all the scopes that are its instances."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnspec.engine.network import Graph, Node, Scope
from cnnspec.engine.source.arguments import SourceArgument, arguments, candidates
from cnnspec.engine.source.childnames import named
from cnnspec.engine.source.code import code, names_in, size
from cnnspec.engine.source.construct import Constructor, Lengthy, numbered
from cnnspec.engine.source.dataflow import DataflowClass, body, set_child
from cnnspec.engine.source.dense import dense_loop
from cnnspec.engine.source.dense import forward as dense_forward
from cnnspec.engine.source.dense import init as dense_init
from cnnspec.engine.source.forward import ANONYMOUS, Forward
from cnnspec.engine.source.loops import header, within
from cnnspec.engine.source.making import Maker, slots_of
from cnnspec.engine.source.names import SourceNames, Unsolved, evaluated
from cnnspec.engine.source.naming import is_attribute, spelled, unused
from cnnspec.engine.source.solve import LoopSolver
from cnnspec.engine.source.template import Entry, Leaf, LoopTemplate, identity, nested, template
from cnnspec.engine.source.text import SourceLine, Statement, Suite, call, flat, lines, read_by
from cnnspec.engine.source.values import Point, Slot, frozen, only, same
from cnnspec.engine.source.wiring import unrolled, wire
from cnnspec.engine.syntax.expr import Expr

if TYPE_CHECKING:
    from cnnspec.engine.source.class_table import ClassTable

OFTEN = 3  # how often a formula stands in a class before it gets a variable
TRUTHS = ("==", "!=", "<", "<=", ">", ">=", "and", "or", "not", "if", "list")


@dataclass(frozen=True, slots=True)
class Method:
    """A base class with the bodies of `__init__` and `forward`; no lines where the base has a `forward`."""

    base: str
    init: list[Statement]
    forward: Sequence[Statement] = ()


class ClassWriter:
    """Writes one class."""

    def __init__(self, graph: Graph, classes: ClassTable, scopes: Sequence[Scope]) -> None:
        self.graph, self.classes = graph, classes
        self.scopes: dict[Point, Scope] = {(number,): scope for number, scope in enumerate(scopes)}
        block = scopes[0].opened.block
        self.declared = block.params if block else {}
        self.entries = template(scopes)
        self.begin({})

    def begin(self, local: Mapping[str, Expr]) -> None:
        """Starts anew, with variables for some formulas."""
        spec = {point: scope.opened.names for point, scope in self.scopes.items()}
        self.top = SourceNames(1, self.candidates(), spec)
        self.maker = Maker(self.graph, LoopSolver(self.declared), self.classes.instances, self.top, local)
        self.constructor = Constructor(self.maker, self.classes.inline)

    def candidates(self) -> dict[str, Slot]:
        """The names that may become arguments."""
        found = candidates(self.graph, self.scopes, self.declared)
        free = self.classes.free if all(scope in self.classes.outside for scope in self.scopes.values()) else {}
        return found | {name: dict.fromkeys(self.scopes, frozen(value)) for name, value in free.items()}

    def written(self) -> tuple[Method, tuple[SourceArgument, ...]]:
        """The methods and the arguments. Raises Unsolved where the instances need several classes."""
        if len({len(scope.inputs) for scope in self.scopes.values()}) > 1:
            raise Unsolved
        try:
            method = self.method()
            local = self.locals(method)
            if local:
                self.begin(local)
                method = self.method()
        except Lengthy:
            raise Unsolved from None
        set_up: list[Statement] = [SourceLine(f"{variable} = ", code(found)) for variable, found in local.items()]
        first = method.init[0]
        at = 1 if isinstance(first, SourceLine) and flat(first.doc) == "super().__init__()" else 0
        method.init[at:at] = set_up
        is_root = self.scopes[(0,)] is self.graph.root
        own = arguments(self.top.own, read_by(method.init), self.scopes, self.declared, self.sizes(), is_root=is_root)
        return method, own

    # -------------------------------------------------------------------------------------------------- forms

    def method(self) -> Method:
        """The class in the form that suits its lines."""
        scopes = self.scopes.values()
        chain = all(scope.is_chain for scope in scopes)
        if chain and all(map(numbered, scopes)):
            return Method("nn.Sequential", self.sequential())
        if chain and self.keeps_all():
            return Method(
                "nn.Sequential", [SourceLine("", call("super().__init__")), *self.children(self.entries, self.top)]
            )
        loop = dense_loop(self.entries, self.scopes)
        if loop is not None:
            init = dense_init(loop, self.maker, self.constructor)
            return Method("nn.ModuleDict", init, dense_forward(loop, self.scopes, self.maker))
        return self.dataflow()

    def dataflow(self) -> Method:
        """A `forward` that says what takes what."""
        names = {child.name for scope in self.scopes.values() for child in scope.children}
        flow = DataflowClass(self.maker, self.constructor, names)
        wiring = wire(unrolled(self.entries, self.top), self.scopes)
        operations, place = flow.operations(wiring)
        outputs = [place[value] for value in wiring.outputs]
        return Method("nn.Module", flow.init, body(Forward(operations, self.inputs(), outputs)))

    def inputs(self) -> list[str]:
        """The names of what `forward` takes: those that the block gives them, where it does."""
        first = only(self.scopes)
        count = len(first.inputs)
        if first.opened.block and first.opened.block.inputs:
            names = [name.text for name in first.opened.block.inputs]
            return [name if name in ANONYMOUS else spelled(name) for name in names]
        return ["x", *(f"x{number}" for number in range(2, count + 1))][:count]

    def gives(self) -> str:
        """What `forward` returns."""
        count = len(only(self.scopes).values)
        return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"

    def keeps_all(self) -> bool:
        """Whether a chain is best an ``nn.Sequential`` whose children have names of their own."""
        children = [child for scope in self.scopes.values() for child in scope.children]
        bare = all(is_attribute(child.name) for child in children)
        callable_ = all(is_attribute(c.name) or (isinstance(c, Node) and not c.tensors) for c in children)
        return bare or not callable_

    def sequential(self) -> list[Statement]:
        """``super().__init__(…)`` with the modules of a chain."""
        try:
            return [SourceLine("", call("super().__init__", *self.constructor.items(self.entries, self.top)))]
        except Lengthy:
            before, doc = self.constructor.sequence(self.entries, self.top, "layers", "super().__init__")
            return [*before, SourceLine("", doc)]

    def children(self, entries: Iterable[Entry], names: SourceNames) -> list[Statement]:
        """``self.conv1 = …``, one after the other."""
        done: list[Statement] = []
        for entry in entries:
            done += self.child(entry, names) if isinstance(entry, Leaf) else self.looped(entry, names)
        return done

    def looped(self, loop: LoopTemplate, names: SourceNames) -> list[Statement]:
        """The rounds written out where each child has an attribute of its own, else a loop."""
        rounds = loop.all_rounds(names) if loop.count is not None else []
        leaves = [entry for body, _ in rounds for entry in body]
        if rounds and all(isinstance(leaf, Leaf) and is_attribute(leaf.names[0]) for leaf in leaves):
            return [statement for body, inner in rounds for statement in self.children(body, inner)]
        try:
            inner = within(loop, names)
            done = self.children(loop.body, inner)
            before, doc = header(loop, names, inner, read_by(done), self.maker)
            return [Suite(before, doc, tuple(done))]
        except Unsolved:
            if not rounds:
                raise
            return [statement for body, inner in rounds for statement in self.children(body, inner)]

    def child(self, leaf: Leaf, names: SourceNames) -> list[Statement]:
        title = leaf.names[0]
        before, doc = self.constructor.statements(leaf, names, title)
        line = set_child(title, doc)
        if len(leaf.names) > 1:
            line = SourceLine("", call("self.add_module", named(leaf, names, self.maker), doc))
        done: list[Statement] = [*before, line]
        return done if leaf.always else [Suite("if ", self.maker.condition(leaf, names), tuple(done))]

    # ------------------------------------------------------------------------------------------------- locals

    def locals(self, method: Method) -> dict[str, Expr]:
        """Variables for formulas that stand in `__init__` several times."""
        text = "\n".join(lines(method.init, 8))
        found: dict[str, Expr] = {}
        for shown, each in {code(each).text: each for each in self.maker.written}.items():
            if size(each) < 3 or each.op in TRUTHS or not names_in(each) <= set(self.top.own):
                continue
            if len(re.findall(rf"(?<![\w*/+-] )(?<![\w.]){re.escape(shown)}(?!\w)(?! [*/])", text)) >= OFTEN:
                found[self.local_name(each, found)] = each
        return found

    def local_name(self, found: Expr, others: Iterable[str]) -> str:
        """The spec's own name for it, or what it is."""
        values = evaluated(found, self.top.at, dict.fromkeys(self.scopes)) or {}
        for name in self.declared:
            if (
                name not in self.maker.variables
                and name not in self.top.own
                and all(same(values[p], v) for p, v in self.spec_slot(name).items())
            ):
                return spelled(name)
        outputs = {point: self.graph.shape(scope.output)[0] for point, scope in self.scopes.items()}
        wanted = "out_channels" if outputs == values else "hidden"
        return unused(wanted, {*others, *self.top.own, *self.maker.variables})

    def spec_slot(self, name: str) -> dict[Point, object]:
        return {point: frozen(scope.opened.names.get(name)) for point, scope in self.scopes.items()}

    def sizes(self) -> list[Slot]:
        """The channels and features that the layers of the class give, by instance."""
        return list(self.sizes_of(self.entries))

    def sizes_of(self, entries: Iterable[Entry]) -> Iterable[Slot]:
        for entry in entries:
            if isinstance(entry, LoopTemplate):
                yield from self.sizes_of(entry.body)
            elif identity(entry.line) in self.constructor.inline:
                yield from self.sizes_of(nested(entry))
            else:
                yield from self.leaf_sizes(entry)

    def leaf_sizes(self, leaf: Leaf) -> Iterable[Slot]:
        if all(child in self.classes.instances for child in leaf.children.values()):
            made = {point: self.classes.instances[child] for point, child in leaf.children.items()}  # type: ignore[index]
            kind = only(made)[0]
            if all(each[0] is kind for each in made.values()):
                sizes = [argument for argument in kind.arguments if argument.is_size]
                yield from (self.by_instance({p: a.values[each[1]] for p, each in made.items()}) for a in sizes)
        elif isinstance(leaf.first, Node) and len({child.type for child in leaf.children.values()}) == 1:
            slots = slots_of(leaf)
            yield from (self.by_instance(slots[name]) for name in ("out_channels", "out_features") if name in slots)

    @staticmethod
    def by_instance(slot: Slot) -> Slot:
        """The values without the rounds; the last of several stays."""
        return {point[:1]: value for point, value in slot.items()}
