"""A line of a spec -> the call that makes its module, with an expression for each argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnnspec.emit.source.code import code, expr
from cnnspec.emit.source.functional import POSITIONAL
from cnnspec.emit.source.names import Names, Unsolved, is_constant
from cnnspec.emit.source.solve import Solver, hint
from cnnspec.emit.source.template import Child, Leaf, way_of
from cnnspec.emit.source.text import Bracket, Doc, Prefixed, Text, call
from cnnspec.emit.source.values import Point, Slot, Type, class_name, constant, frozen, literal, same
from cnnspec.layers import REGISTRY, Shape
from cnnspec.network import Graph, Node, Scope
from cnnspec.spec import Item
from cnnspec.syntax.expr import Expr

if TYPE_CHECKING:
    from cnnspec.emit.source.classes import Class

MOST_UNNAMED = 5  # arguments by position are two, or a row of many as in a paper's table
INFERRED = ("in_channels", "in_features", "num_features", "num_channels", "normalized_shape")


@dataclass(eq=False)
class Maker:
    """Writes the calls of one class. ``classes`` says which class a scope became, and which of its instances it is."""

    graph: Graph
    solver: Solver
    classes: Mapping[Scope, tuple[Class, Point]]
    top: Names  # of the class
    fresh: dict[str, Slot] = field(default_factory=dict)  # arguments of the class that the spec has no name for
    carries: bool = False  # whether a variable holds the channels that arrive
    locals: dict[str, Expr] = field(default_factory=dict)
    written: list[Expr] = field(default_factory=list)

    def shape(self, number: int) -> Shape:
        """The shape of a value of the graph."""
        return self.graph.input if number < 0 else self.graph.nodes[number].shape

    def arriving(self, leaf: Leaf) -> Callable[[Point], Shape]:
        """The shape that reaches a line at a point."""
        return lambda point: self.arrives(leaf.children[point])

    def arrives(self, child: Child) -> Shape:
        return self.shape(child.inputs[0]) if child.inputs else Shape()

    # ------------------------------------------------------------------------------------------------- calls

    def make(self, leaf: Leaf, names: Names) -> Doc:
        """The call that makes the module of a line. Raises Unsolved."""
        if any(isinstance(child, Scope) for child in leaf.children.values()):
            return self.instance(leaf, names)
        types = {point: child.type for point, child in leaf.children.items()}
        if not constant(types.values()) or self.is_argument(leaf, names):
            return self.of_any_type(leaf, names)
        return call(class_name(leaf.first.type), *self.arguments(leaf, names))

    @staticmethod
    def is_argument(leaf: Leaf, names: Names) -> bool:
        """Whether the layer type is an argument of the class, although only one type is ever given."""
        return isinstance(leaf.line, Item) and leaf.line.name[:1] == "$" and leaf.line.name.strip("$()") in names

    def instance(self, leaf: Leaf, names: Names) -> Doc:
        """A call of a class of this file."""
        found = {
            point: self.classes.get(child) if isinstance(child, Scope) else None
            for point, child in leaf.children.items()
        }
        kinds = {each[0] if each else None for each in found.values()}
        made = kinds.pop()
        if kinds or made is None:
            raise Unsolved
        items: list[Doc] = []
        required = [argument for argument in made.arguments if not argument.has_default]
        bare = required if len(required) > MOST_UNNAMED else required[:2]
        for argument in made.arguments:
            slot = {point: argument.values[each[1]] for point, each in found.items() if each}
            written = self.argument(leaf, argument.spec_name, slot, names, infer=argument.spec_name is None)
            if argument in bare:
                items.append(written)
            elif not argument.has_default or not self.is_only(slot, argument.default):
                items.append(Prefixed(f"{argument.name}=", written))
        return call(made.name, *items)

    @staticmethod
    def is_only(slot: Slot, value: Any) -> bool:
        """Whether a value stands at every point."""
        return all(same(each, value) for each in slot.values())

    def of_any_type(self, leaf: Leaf, names: Names) -> Doc:
        """A call of a layer type that is an argument itself: ``act()``."""
        slot: dict[Point, Any] = {}
        inferred: dict[str, dict[Point, Any]] = {}
        for point, child in leaf.children.items():
            assert isinstance(child, Node)
            given = child.layer.call(child.input_shapes[0]).arguments
            brought = [(n, frozen(v)) for n, v in given.items() if n not in INFERRED and not _is_default(child, n, v)]
            slot[point] = Type(child.type, tuple(brought))
            for argument, each in given.items():
                if argument in INFERRED:
                    inferred.setdefault(argument, {})[point] = frozen(each)
        if any(len(values) != len(slot) for values in inferred.values()) or len(inferred) > 1:
            raise Unsolved
        said = hint(leaf.line.op) if isinstance(leaf.line, Item) and leaf.line.name.startswith("$") else None
        target = self.write(self.solved(leaf, slot, names, said, infer=False))
        if not isinstance(target, Text):
            raise Unsolved
        arguments = (self.argument(leaf, n, values, names, infer=True) for n, values in inferred.items())
        return Bracket(f"{target.text}(", tuple(arguments), ")", target.reads)

    def arguments(self, leaf: Leaf, names: Names, leave_out: Iterable[str] = ()) -> list[Doc]:
        """The arguments of a layer: those without a default by position, the others by name where they differ."""
        slots = self.slots(leaf)
        layer = REGISTRY[leaf.first.type]
        required = [n for n in POSITIONAL if n in slots and (n in INFERRED or layer.model_fields[n].is_required())]
        items = [self.argument(leaf, n, slots[n], names, infer=n in INFERRED) for n in required]
        for argument in layer.model_fields:
            if argument in slots and argument not in required and argument not in leave_out:
                slot = slots[argument]
                if not all(same(v, frozen(layer.model_fields[argument].default)) for v in slot.values()):
                    items.append(Prefixed(f"{argument}=", self.argument(leaf, argument, slot, names, infer=False)))
        return items

    @staticmethod
    def slots(leaf: Leaf) -> dict[str, dict[Point, Any]]:
        """The arguments of a layer at each point; one that is not stated there has its default."""
        given = {
            point: child.layer.call(child.input_shapes[0]).arguments
            for point, child in leaf.children.items()
            if isinstance(child, Node)
        }
        fields = REGISTRY[leaf.first.type].model_fields
        found: dict[str, dict[Point, Any]] = {}
        for argument in dict.fromkeys(n for arguments in given.values() for n in arguments):
            found[argument] = {
                point: frozen(arguments[argument] if argument in arguments else fields[argument].default)
                for point, arguments in given.items()
            }
        return found

    def argument(self, leaf: Leaf, argument: str | None, slot: Slot, names: Names, *, infer: bool) -> Doc:
        if argument == "in_features" and is_constant(slot):
            product = self.flattened(leaf)
            if product is not None:
                return product
        said = None if argument is None else said_of(leaf, argument)
        return self.write(self.solved(leaf, slot, names, said, infer=infer and said is None, argument=argument))

    def solved(
        self,
        leaf: Leaf,
        slot: Slot,
        names: Names,
        said: Expr | None,
        *,
        infer: bool,
        argument: str | None = None,
    ) -> Expr:
        """An expression for the values of an argument, or else a new argument of the class. Raises Unsolved."""
        if infer:
            found = self.solver.inferred(slot, names)
            if found is None and self.carries and self.arrives_with(leaf, slot):
                found = expr("name", CARRIED)
        else:
            found = self.solver.stated(slot, names, said, self.arriving(leaf))
        return found or self.new(leaf, argument or "channels", slot)

    def arrives_with(self, leaf: Leaf, slot: Slot) -> bool:
        """Whether the values are the channels that arrive at a line."""
        return all(same(self.arrives(leaf.children[point])[0], each) for point, each in slot.items())

    def new(self, leaf: Leaf, argument: str, slot: Slot) -> Expr:
        """An argument of the class for values that nothing gives; they may not differ from round to round."""
        own: dict[Point, Any] = {}
        for point, each in slot.items():
            if not same(own.setdefault(point[:1], each), each):
                raise Unsolved
        if own.keys() != self.top.spec.keys():
            raise Unsolved
        taken = {*self.top.own, *(n for names in self.top.spec.values() for n in names)}
        title = argument if argument not in taken else f"{_identifier(leaf.first.name)}_{argument}"
        while title in taken:
            title += "_"
        self.fresh[title] = own
        self.top.own[title] = own
        return expr("name", title)

    def flattened(self, leaf: Leaf) -> Doc | None:
        """``512 * 7 * 7``: the features that a map of one shape was flattened to."""
        shapes = set()
        for child in leaf.children.values():
            above = self.graph.nodes[child.inputs[0]] if child.inputs and child.inputs[0] >= 0 else None
            while above is not None and above.type == "Dropout":
                above = self.graph.nodes[above.inputs[0]] if above.inputs[0] >= 0 else None
            shapes.add(above.input_shapes[0] if above is not None and above.type == "Flatten" else Shape())
        only = shapes.pop()
        if shapes or len(only) < 2 or only.elements == only[0] or any(type(size) is not int for size in only):
            return None
        return Text(" * ".join(map(str, only)))

    def write(self, found: Expr) -> Doc:
        self.written.append(found)
        found = self.with_locals(found)
        if found.op == "literal":
            return literal(found.args[0])
        return code(found, spelled)

    def with_locals(self, found: Expr) -> Expr:
        """The expression with local variables in place of what they hold."""
        for local, held in self.locals.items():
            if found == held:
                return expr("name", local)
        parts = [
            tuple(self.with_locals(a) if isinstance(a, Expr) else a for a in arg)
            if isinstance(arg, tuple)
            else self.with_locals(arg) if isinstance(arg, Expr) else arg
            for arg in found.args
        ]
        return expr(found.op, *parts)

    # -------------------------------------------------------------------------------------------- conditions

    def condition(self, leaf: Leaf, names: Names) -> Expr:
        """When a line is there. Raises Unsolved."""
        slot = {point: point in leaf.children for point in leaf.points}
        said = list(conditions(leaf))
        found = self.solver.condition(slot, names, said, self.arriving(leaf))
        if found is None:
            raise Unsolved
        return found


CARRIED = "channels"
RESERVED = frozenset(
    """
    False None True and as assert async await break class continue def del elif else except finally for from global if
    import in is lambda nonlocal not or pass raise return try while with yield self super nn torch F Tensor partial math
    OrderedDict Callable NamedTuple range enumerate zip int float bool str tuple list dict x layers make_divisible len
    sum min max round layer
    """.split()
)


def spelled(name: str) -> str:
    """A name of a spec as Python takes it."""
    return f"{name}_" if name in RESERVED else name


def conditions(leaf: Leaf) -> Iterable[Expr]:
    """What the spec says of when a line is there: its own conditions, or those of the paths that it joins."""
    around = way_of(leaf.first).conditions
    paths = (leaf.line.paths or ()) if isinstance(leaf.line, Item) else ()
    found = [hint(node) for node in (*reversed(around), *(path.when for path in paths if path.when is not None))]
    kept = [each for each in found if each is not None]
    yield from kept
    if len(kept) > 1:
        yield expr("and", *kept[:2])


def said_of(leaf: Leaf, argument: str) -> Expr | None:
    """What a line says of an argument."""
    if not isinstance(leaf.line, Item) or leaf.line.args is None:
        return None
    entry = leaf.line.args.entry(argument)
    return hint(entry.value) if entry else None


def _is_default(node: Node, argument: str, given: Any) -> bool:
    field = type(node.layer).model_fields.get(argument)
    return field is not None and same(frozen(field.default), frozen(given))


def _identifier(text: str) -> str:
    return text if text.isidentifier() else f"layer{text}" if text.isdigit() else "layer"
