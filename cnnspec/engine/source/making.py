"""A line of a spec -> the call that makes its module, with an expression for each argument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnnspec.engine.layers import REGISTRY, Call, Shape
from cnnspec.engine.network import Graph, Node, Scope
from cnnspec.engine.plugins import origin
from cnnspec.engine.source.code import code, expr, name, over
from cnnspec.engine.source.names import Arriving, SourceNames, Unsolved
from cnnspec.engine.source.naming import ARRIVING, snake, unused
from cnnspec.engine.source.solve import LoopSolver, hint
from cnnspec.engine.source.template import Child, Leaf, way_of
from cnnspec.engine.source.text import Bracket, Doc, Prefixed, Text, call, reads
from cnnspec.engine.source.values import Point, Slot, Type, frozen, holds, is_constant, literal, only, same, type_name
from cnnspec.engine.spec import Item
from cnnspec.engine.syntax.expr import Expr

if TYPE_CHECKING:
    from cnnspec.engine.source.arguments import SourceArgument
    from cnnspec.engine.source.class_table import Class

MOST_UNNAMED = 5  # arguments by position: two, or a row of many as in the tables of papers


@dataclass(eq=False)
class Maker:
    """Writes the calls of one class. ``classes`` says which class a scope became, and which of its instances it is."""

    graph: Graph
    solver: LoopSolver
    classes: Mapping[Scope, tuple[Class, Point]]
    top: SourceNames  # of the class
    locals: Mapping[str, Expr] = field(default_factory=dict)  # variables for what is worked out several times
    carries: bool = False  # whether a variable holds the channels that arrive
    written: list[Expr] = field(default_factory=list)  # all that was written
    variables: set[str] = field(default_factory=set)  # of the lists that modules are put into

    def arrives(self, child: Child) -> Shape:
        """The shape that reaches a child."""
        return self.graph.shape(child.inputs[0]) if child.inputs else Shape()

    def arriving(self, leaf: Leaf) -> Arriving:
        """The shape that reaches a line, by its points."""
        return lambda point: self.arrives(leaf.children[point])

    def write(self, found: Expr) -> Doc:
        """An expression as code."""
        self.written.append(found)
        found = with_locals(found, self.locals)
        return literal(found.args[0]) if found.op == "literal" else code(found)

    # ------------------------------------------------------------------------------------------------- calls

    def make(self, leaf: Leaf, names: SourceNames) -> Doc:
        """The call that makes the module of a line. Raises Unsolved."""
        if isinstance(leaf.first, Scope):
            return self.instance(leaf, names)
        several = len({child.type for child in leaf.children.values()}) > 1
        if several or (takes_type(leaf, names) and not is_foreign(leaf)):
            return self.of_any_type(leaf, names)
        if leaf.first.layer.is_parameter:
            return self.parameter(leaf, names)
        return call(type_name(leaf.first.type), *self.arguments(leaf, names))

    def instance(self, leaf: Leaf, names: SourceNames) -> Doc:
        """A call of a class of this file."""
        found = {point: self.classes.get(child) for point, child in leaf.children.items() if isinstance(child, Scope)}
        made = {each[0] if each else None for each in found.values()}
        kind = made.pop()
        if made or kind is None or len(found) < len(leaf.children):
            raise Unsolved
        written: dict[SourceArgument, Doc] = {}
        for argument in kind.arguments:
            slot = {point: argument.values[each[1]] for point, each in found.items() if each}
            said, infer = self.said_to(leaf, argument.said), argument.said is None
            doc = self.write(self.solved(leaf, slot, names, said, infer=infer, wanted=argument.name))
            if not argument.has_default or not holds(slot, argument.default):
                written[argument] = doc
        bare = unnamed(written)
        return call(kind.name, *(doc if a in bare else Prefixed(f"{a.name}=", doc) for a, doc in written.items()))

    @staticmethod
    def said_to(leaf: Leaf, argument: str | None) -> Expr | None:
        """What a line says of an argument of its class; a scope that is no block knows the names around it."""
        if argument is None:
            return None
        is_block = isinstance(leaf.first, Scope) and leaf.first.opened.block is not None
        return said_of(leaf, argument) if is_block else name(argument)

    def parameter(self, leaf: Leaf, names: SourceNames) -> Doc:
        """``nn.Parameter(torch.full((width, 1, 1), 1e-6))``: a layer that is a tensor of the scope around it."""
        slots = slots_of(leaf)
        infer = {name: name not in type(leaf.first.layer).model_fields for name in slots}  # type: ignore[union-attr]
        items = [self.argument(leaf, name, slot, names, infer=infer[name]) for name, slot in slots.items()]
        return call("nn.Parameter", call(call_of(leaf.first).target, *items))

    def of_any_type(self, leaf: Leaf, names: SourceNames) -> Doc:
        """A call of a layer type that is an argument of the class: ``act()``."""
        types, arriving = any_type(leaf)
        said = hint(leaf.item.op) if leaf.item is not None and leaf.item.name[:1] == "$" else None
        target = self.write(self.solved(leaf, types, names, said, infer=False, wanted=snake(leaf.first.type)))
        if not isinstance(target, Text):
            raise Unsolved
        arguments = (self.argument(leaf, n, slot, names, infer=True) for n, slot in arriving.items())
        return Bracket(f"{target.text}(", tuple(arguments), ")", target.reads)

    def arguments(self, leaf: Leaf, names: SourceNames) -> list[Doc]:
        """The arguments of a layer: those without a default by position, the others by name where they differ."""
        if is_foreign(leaf):
            return self.foreign_arguments(leaf, names)
        slots = slots_of(leaf)
        layer = REGISTRY[leaf.first.type]
        fields = layer.model_fields
        bare = [n for n in layer.positional if n in slots and (n in layer.infers or fields[n].is_required())]
        items = [self.argument(leaf, n, slots[n], names, infer=n in layer.infers) for n in bare]
        for each, about in fields.items():
            if each not in slots or each in bare:
                continue
            if is_argument(said_of(leaf, each), names) or not holds(slots[each], frozen(about.default)):
                items.append(Prefixed(f"{each}=", self.argument(leaf, each, slots[each], names, infer=False)))
        return items

    def foreign_arguments(self, leaf: Leaf, names: SourceNames) -> list[Doc]:
        """The arguments of a layer of the user's own: each that its call gives, and by name.

        Its module may have them in another order, and with other defaults than the layer.
        """
        given = [call_of(child).arguments for child in leaf.children.values()]
        if any(arguments.keys() != given[0].keys() for arguments in given):
            raise Unsolved
        fields, slots = REGISTRY[leaf.first.type].model_fields, slots_of(leaf)
        return [Prefixed(f"{n}=", self.argument(leaf, n, slots[n], names, infer=n not in fields)) for n in given[0]]

    def argument(self, leaf: Leaf, argument: str | None, slot: Slot, names: SourceNames, *, infer: bool) -> Doc:
        """An argument as code. Raises Unsolved."""
        if argument == "in_features" and is_constant(slot) and (product := self.flattened(leaf)):
            return Text(product)
        said = None if argument is None else said_of(leaf, argument)
        return self.write(self.solved(leaf, slot, names, said, infer=infer, wanted=argument or "channels"))

    def solved(
        self, leaf: Leaf, slot: Slot, names: SourceNames, said: Expr | None, *, infer: bool, wanted: str
    ) -> Expr:
        """An expression for the values of an argument, or else a new argument of the class. Raises Unsolved."""
        if not infer or said is not None:
            found = self.solver.stated(slot, names, said, self.arriving(leaf))
        else:
            found = self.solver.inferred(slot, names)
            if found is None and self.carries and self.arrive_with(leaf, slot):
                found = name(ARRIVING)
        return found or self.new(leaf, wanted, slot)

    def arrive_with(self, leaf: Leaf, slot: Slot) -> bool:
        """Whether the values are the channels that arrive at a line."""
        return all(same(self.arrives(leaf.children[point])[0], each) for point, each in slot.items())

    def new(self, leaf: Leaf, wanted: str, slot: Slot) -> Expr:
        """An argument of the class for values that nothing gives; they may not differ from round to round."""
        own: dict[Point, Any] = {}
        for point, each in slot.items():
            if not same(own.setdefault(point[:1], each), each):
                raise Unsolved
        if own.keys() != self.top.spec.keys():
            raise Unsolved
        title = f"{snake(leaf.first.type)}_{wanted}" if wanted in self.top.own else wanted
        title = unused(title, {*self.top.own, *only(self.top.spec), *self.locals, *self.variables})
        self.top.own[title] = own
        return name(title)

    def flattened(self, leaf: Leaf) -> str | None:
        """``512 * 7 * 7``: the features that a map of one shape was flattened to."""
        shapes = {self.before_flatten(child) for child in leaf.children.values()}
        shape = shapes.pop()
        if shapes or shape is None or shape.elements == shape[0]:
            return None
        return " * ".join(map(str, shape))

    def before_flatten(self, child: Child) -> Shape | None:
        value = child.inputs[0]
        while value >= 0 and self.graph.nodes[value].layer.role == "dropout":
            value = self.graph.nodes[value].inputs[0]
        is_flat = value >= 0 and self.graph.nodes[value].layer.role == "reshape"
        return self.graph.nodes[value].input_shapes[0] if is_flat else None

    # -------------------------------------------------------------------------------------------- conditions

    def condition(self, leaf: Leaf, names: SourceNames) -> Doc:
        """When a line is there. Raises Unsolved."""
        slot = {point: point in leaf.children for point in leaf.points}
        found = self.solver.condition(slot, names, conditions(leaf))
        if found is None:
            raise Unsolved
        return self.write(found)


def with_locals(found: Expr, local: Mapping[str, Expr]) -> Expr:
    """The expression with variables in place of what they hold."""
    variable = next((each for each, held in local.items() if held == found), None)
    if variable is not None:
        return name(variable)
    return over(found, lambda part: with_locals(part, local)) or found


def unnamed(written: Mapping[SourceArgument, Doc]) -> list[SourceArgument]:
    """The arguments that are given by position: what arrives and what a block makes of it, or a long row of sizes."""
    required = [argument for argument in written if not argument.has_default]
    sizes = all(argument.is_size for argument in required[1:])  # behind what arrives
    if len(required) > MOST_UNNAMED and sizes and not any(reads(written[argument]) for argument in required):
        return required
    return [argument for number, argument in enumerate(required[:2]) if number == 0 or argument.is_size]


def takes_type(leaf: Leaf, names: SourceNames) -> bool:
    """Whether the layer type is an argument of the class, although only one type is ever given."""
    return leaf.item is not None and leaf.item.name[:1] == "$" and leaf.item.name.strip("$()") in names


def is_argument(said: Expr | None, names: SourceNames) -> bool:
    """Whether a value is an argument of the class, and nothing else."""
    return said is not None and said.op == "name" and names.called(said.args[0]) is not None


def slots_of(leaf: Leaf) -> dict[str, dict[Point, Any]]:
    """The arguments of a layer at each point; one that is not stated there has its default."""
    given = {point: call_of(child).arguments for point, child in leaf.children.items()}
    fields = REGISTRY[leaf.first.type].model_fields
    names = dict.fromkeys(each for arguments in given.values() for each in arguments)
    return {
        each: {
            point: frozen(arguments[each] if each in arguments else fields[each].default)
            for point, arguments in given.items()
        }
        for each in names
    }


def call_of(child: Child) -> Call:
    """The call that makes a layer."""
    assert isinstance(child, Node)
    return child.layer.call(child.input_shapes[0])


def is_foreign(leaf: Leaf) -> bool:
    """Whether a layer is of a plugin."""
    return isinstance(leaf.first, Node) and origin(type(leaf.first.layer)) is not None


def any_type(leaf: Leaf) -> tuple[dict[Point, Type], dict[str, dict[Point, Any]]]:
    """Layers of several types as values, and the one argument at most that follows from what arrives at them.

    Raises Unsolved.
    """
    types: dict[Point, Type] = {}
    arriving: dict[str, dict[Point, Any]] = {}
    for point, child in leaf.children.items():
        if not isinstance(child, Node) or origin(type(child.layer)) is not None:
            raise Unsolved
        given = call_of(child).arguments
        types[point] = Type(child.type, tuple(_brought(child, given)))
        for each in child.layer.infers:
            if each in given:
                arriving.setdefault(each, {})[point] = frozen(given[each])
    if len(arriving) > 1 or any(len(slot) < len(types) for slot in arriving.values()):
        raise Unsolved
    return types, arriving


def _brought(node: Node, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    fields = type(node.layer).model_fields
    for each, value in given.items():
        if each not in node.layer.infers and not same(frozen(fields[each].default), frozen(value)):
            yield each, frozen(value)


def conditions(leaf: Leaf) -> Iterable[Expr]:
    """What the spec says of when a line is there: its own conditions, or those of the paths that it joins."""
    paths = (leaf.item.paths or ()) if leaf.item is not None else ()
    nodes = (*reversed(way_of(leaf.first).conditions), *(path.when for path in paths if path.when is not None))
    found = [each for each in map(hint, nodes) if each is not None]
    return [*found, expr("and", *found[:2])] if len(found) > 1 else found


def said_of(leaf: Leaf, argument: str) -> Expr | None:
    """What a line says of an argument."""
    return None if leaf.item is None else said_in(leaf.item, argument)


def said_in(item: Item, argument: str) -> Expr | None:
    """What an item says of an argument."""
    entry = item.args.entry(argument) if item.args is not None else None
    return hint(entry.value) if entry else None
