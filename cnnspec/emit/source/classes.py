"""A Graph -> the classes of its source: one for each block, the scopes that it gave being its instances.

    scopes ──by definition──► groups ──each──► Class: arguments, __init__, forward

A class whose instances no one source serves is parted by their structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnnspec.emit.source.code import code, expr, names_in, size
from cnnspec.emit.source.construct import Constructor, Lengthy, append, begun, merged, numbered, only_leaf, only_name
from cnnspec.emit.source.forward import Forward, Operation, joined, on_self, stacked
from cnnspec.emit.source.functional import FUNCTIONS
from cnnspec.emit.source.making import RESERVED, Maker, spelled
from cnnspec.emit.source.names import Names, Unsolved, evaluated
from cnnspec.emit.source.solve import Solver
from cnnspec.emit.source.template import Entry, Leaf, Loop, line_of, nested, template
from cnnspec.emit.source.text import Bracket, Doc, Line, Prefixed, Statement, Suite, Text, call, flat, read_by, written
from cnnspec.emit.source.values import Point, Slot, annotation, frozen, literal, quoted, same
from cnnspec.emit.source.wiring import Step, Wiring, made, rounds, unrolled, wire
from cnnspec.network import Graph, Node, Scope
from cnnspec.spec import Block, Item
from cnnspec.spec.items import SCOPE
from cnnspec.syntax.expr import Expr


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """An argument of a class: its values by instance, and what the spec calls it, if it does."""

    name: str
    values: Slot
    spec_name: str | None = None
    has_default: bool = False
    default: Any = None

    def written(self) -> Doc:
        hint = annotation([*self.values.values(), *([self.default] if self.has_default else [])])
        if not self.has_default:
            return Text(f"{self.name}: {hint}")
        return Prefixed(f"{self.name}: {hint} = ", literal(self.default))


@dataclass(eq=False)
class Class:
    """One class of the source."""

    name: str
    base: str
    arguments: tuple[Argument, ...]
    description: str
    init: list[Statement]
    forward: list[Statement]
    inputs: tuple[str, ...] = ("x",)


DEBUG = False
OFTEN = 3
BOOLEAN = ("==", "!=", "<", "<=", ">", ">=", "and", "or", "not")
IMPLICIT = ("in_channels", "in_features")


@dataclass(eq=False)
class Classes:
    """Writes the classes of a graph, those that others use first."""

    graph: Graph
    root_name: str
    done: list[Class] = field(default_factory=list)
    of: dict[Scope, tuple[Class, Point]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def written(self) -> list[Class]:
        groups = grouped(self.graph.root)
        self.inline = inlined(self.graph.root)
        self.names.add(self.root_name)
        for scopes in groups:
            self.define(scopes)
        return self.done

    def define(self, scopes: Sequence[Scope]) -> None:
        """One class for all scopes, or one for each structure among them."""
        before = len(self.done), set(self.names)
        try:
            self.add(scopes, ClassWriter(self, scopes).written())
        except (Unsolved, Lengthy):
            if DEBUG: import traceback; traceback.print_exc()
            parts = parted(scopes, self)
            if len(parts) == 1:
                raise
            for part in parts:
                self.define(part)
        del before

    def add(self, scopes: Sequence[Scope], written: Class) -> None:
        self.done.append(written)
        self.names.add(written.name)
        for number, scope in enumerate(scopes):
            self.of[scope] = (written, (number,))

    def title(self, scope: Scope) -> str:
        if scope is self.graph.root:
            return self.root_name
        title = camel(scope.name if scope.type == SCOPE else scope.type)
        if title in RESERVED or not title.isidentifier():
            title = f"{title}Block" if f"{title}Block".isidentifier() else "Block"
        number, wanted = 1, title
        while wanted in self.names:
            number += 1
            wanted = f"{title}{number}"
        return wanted


def camel(text: str) -> str:
    """``layer_1`` as ``Layer1``."""
    words = "".join(c if c.isalnum() or c == "_" else "_" for c in text).split("_")
    return "".join(word[:1].upper() + word[1:] for word in words) or "Block"


def grouped(root: Scope) -> list[list[Scope]]:
    """The scopes that become instances of classes, by their definition, those that others use first."""
    inline = inlined(root)
    groups: dict[object, list[Scope]] = {}
    uses: dict[object, dict[object, None]] = {}

    def walk(scope: Scope, user: object) -> None:
        own = user
        if scope is root or scope.opened.line not in inline:
            own = scope.opened.block or scope.opened.line or root
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
    """The lines whose scopes are chains without a definition of their own."""
    lines: dict[object, bool] = {}

    def walk(scope: Scope) -> None:
        for child in scope.children:
            if isinstance(child, Scope):
                walk(child)
                line = line_of(child)
                lines[line] = lines.get(line, True) and child.opened.block is None and child.is_chain
    walk(root)
    return frozenset(line for line, is_inline in lines.items() if is_inline)


def parted(scopes: Sequence[Scope], classes: Classes) -> list[list[Scope]]:
    """The scopes by their structure."""
    parts: dict[object, list[Scope]] = {}
    for scope in scopes:
        parts.setdefault(structure(scope, classes), []).append(scope)
    return list(parts.values())


def structure(scope: Scope, classes: Classes) -> object:
    """What two scopes have in common that one source without a condition makes."""
    places = {value: -1 - i for i, value in enumerate(scope.inputs)}
    found: list[object] = []
    for number, child in enumerate(scope.children):
        inputs = tuple(places[value] for value in child.inputs)
        places.setdefault(made(child), number)
        kind: object = child.type
        if isinstance(child, Scope):
            kind = classes.of[child][0].name if child in classes.of else structure(child, classes)
        stated = () if isinstance(child, Scope) else tuple(child.layer.model_fields_set)
        found.append((child.name, id(line_of(child)), kind, inputs, stated))
    return (*found, places[scope.output])


class ClassWriter:
    """Writes one class."""

    def __init__(self, classes: Classes, scopes: Sequence[Scope]) -> None:
        self.classes, self.scopes = classes, scopes
        self.graph = classes.graph
        self.block: Block | None = scopes[0].opened.block
        self.entries = template(scopes)
        self.points = [(number,) for number in range(len(scopes))]
        self.by_point = dict(zip(self.points, scopes, strict=True))
        self.root = scopes[0] is self.graph.root

    def written(self) -> Class:
        if len({len(scope.inputs) for scope in self.scopes}) != 1:
            raise Unsolved
        first = self.attempt({})
        found = self.locals(first)
        return self.attempt(found) if found else first

    def locals(self, first: Class) -> dict[str, Expr]:
        """Names for what is worked out several times over."""
        text = "\n".join(written(first.init, 8))
        found: dict[str, Expr] = {}
        for each in {code(e, spelled).text: e for e in self.maker.written}.values():
            shown = code(each, spelled).text
            if size(each) < 3 or each.op in ("if", "list") or not names_in(each) <= set(self.top.own):
                continue
            if each.op in BOOLEAN or len(re.findall(rf"(?<![\w*/] ){re.escape(shown)}(?! [*/])", text)) < OFTEN:
                continue
            found.setdefault(self.local_name(each, found), each)
        return found

    def local_name(self, found: Expr, others: Iterable[str]) -> str:
        """The spec's own name for it, or what it is."""
        values = {p: v for p, v in (evaluated(found, self.top.at, {p: None for p in self.points}) or {}).items()}
        declared = self.block.params if self.block else {}
        for name in declared:
            slot = {p: frozen(s.opened.names.get(name)) for p, s in self.by_point.items()}
            if name not in self.top.own and all(same(values.get(p), slot[p]) for p in slot):
                return spelled(name)
        outputs = {p: self.maker.shape(s.output)[0] for p, s in self.by_point.items()}
        names = ["out_channels"] if outputs == values else []
        names += ["hidden", *(f"hidden{i}" for i in range(2, 99))]
        return next(n for n in names if n not in others and n not in self.top.own)

    def attempt(self, values: dict[str, Expr]) -> Class:
        declared = self.block.params if self.block else {}
        self.solver = Solver(declared)
        spec = {point: scope.opened.names for point, scope in self.by_point.items()}
        self.top = Names(1, self.candidates(), spec)
        self.maker = Maker(self.graph, self.solver, self.classes.of, self.top)
        self.maker.locals = values
        self.constructor = Constructor(self.maker, self.classes.inline)
        base, init, forward = self.form()
        set_up = [Line(f"{name} = ", code(found, spelled)) for name, found in values.items()]
        at = 1 if isinstance(init[0], Line) and flat(init[0].doc) == "super().__init__()" else 0
        init[at:at] = set_up
        read = read_by(init)
        arguments = self.arguments(read)
        return Class(
            self.classes.title(self.scopes[0]),
            base,
            arguments,
            self.block.description if self.block else "",
            init,
            forward,
            self.input_names(),
        )

    # --------------------------------------------------------------------------------------------- arguments

    def candidates(self) -> dict[str, Slot]:
        """The names that may become arguments: the channels that arrive, and the params in which instances differ."""
        found: dict[str, Slot] = {}
        shapes = {point: self.maker_shape(scope) for point, scope in self.by_point.items()}
        if all(shapes.values()):
            implicit = IMPLICIT[all(len(shape) == 1 for shape in shapes.values())]
            found[implicit] = {point: shape[0] for point, shape in shapes.items()}
        for name in self.scopes[0].opened.names:
            slot = {point: frozen(scope.opened.names.get(name)) for point, scope in self.by_point.items()}
            values = list(slot.values())
            if not all(same(values[0], v) for v in values) and not self.derived(name):
                found[name] = slot
        return found

    def maker_shape(self, scope: Scope) -> Any:
        if not scope.inputs:
            return ()
        value = scope.inputs[0]
        return self.graph.input if value < 0 else self.graph.nodes[value].shape

    def derived(self, name: str) -> bool:
        """Whether a param has nowhere another value than its default gives, which follows from others."""
        from cnnspec.emit.source.names import evaluated
        from cnnspec.emit.source.solve import hint

        param = self.block.params.get(name) if self.block else None
        default = hint(param.default) if param is not None else None
        if default is None or default.op == "literal":
            return False
        spec = {point: scope.opened.names for point, scope in self.by_point.items()}
        names = Names(1, {}, spec)
        slot = {point: frozen(scope.opened.names.get(name)) for point, scope in self.by_point.items()}
        shape = {point: self.maker_shape(scope) for point, scope in self.by_point.items()}
        values = evaluated(default, names.spec_at, slot, lambda p: shape[p])
        return values is not None and all(same(values[p], slot[p]) for p in slot)

    def arguments(self, read: frozenset[str]) -> tuple[Argument, ...]:
        declared = self.block.params if self.block else {}
        found = []
        for name, slot in self.top.own.items():
            if spelled(name) not in read:
                continue
            param = declared.get(name)
            spec_name = name if any(name in s.opened.names for s in self.scopes) else None
            default = self.default(param, slot)
            found.append(Argument(spelled(name), slot, spec_name, default is not NONE, default))
        order = {name: i for i, name in enumerate(declared)}
        found.sort(key=lambda a: (a.has_default, order.get(a.spec_name or "", -1 if a.name in IMPLICIT else 99)))
        return tuple(found)

    @staticmethod
    def default(param: Any, slot: Slot) -> Any:
        from cnnspec.emit.source.solve import hint

        if param is None:
            return NONE
        if param.default is None:
            return None if param.type.optional and None in slot.values() else NONE
        said = hint(param.default)
        if said is None or said.op != "literal":
            return NONE
        value = said.args[0]
        for each in slot.values():
            if same(each, value) or (type(each) is float and each == value):
                return each
            if getattr(each, "name", None) == value and not each.arguments:
                return each
        return NONE

    def input_names(self) -> tuple[str, ...]:
        count = len(self.scopes[0].inputs)
        return ("x", *(f"x{i}" for i in range(2, count + 1)))

    # -------------------------------------------------------------------------------------------------- form

    def form(self) -> tuple[str, list[Statement], list[Statement]]:
        chain = all(scope.is_chain for scope in self.scopes)
        if chain and all(numbered(scope) for scope in self.scopes):
            return "nn.Sequential", self.sequential(), []
        if chain and not self.root and self.all_named():
            return "nn.Sequential", self.named_chain(), []
        if chain and not self.callable_by_name():
            return "nn.Sequential", self.named_chain(), []
        if self.is_dense():
            return self.dense()
        steps = unrolled(self.entries, self.top)
        wiring = wire(steps, self.by_point)
        return "nn.Module", *Module(self, wiring).written()

    def all_named(self) -> bool:
        """Whether each line has an id."""

        def named(entries: Iterable[Entry]) -> bool:
            return all(
                named(e.body) if isinstance(e, Loop) else not isinstance(e.line, Item) or e.line.id is not None
                for e in entries
            )

        return named(self.entries)

    def callable_by_name(self) -> bool:
        """Whether every child that has anything to keep can be an attribute."""
        return all(
            child.name.isidentifier() or (isinstance(child, Node) and not child.tensors)
            for scope in self.scopes
            for child in scope.children
        )

    def sequential(self) -> list[Statement]:
        try:
            items = self.constructor.items(self.entries, self.top)
            return [Line("", call("super().__init__", *items))]
        except Lengthy:
            body, doc = self.constructor.sequence(self.entries, self.top, "layers", "super().__init__")
            return [*body, Line("", doc)]

    def named_chain(self) -> list[Statement]:
        done: list[Statement] = [Line("", call("super().__init__"))]
        return done + self.attributes(self.entries, self.top)

    def attributes(self, entries: Iterable[Entry], names: Names) -> list[Statement]:
        """``self.conv1 = …``, in their order."""
        from cnnspec.emit.source.construct import within

        done: list[Statement] = []
        for entry in entries:
            if isinstance(entry, Leaf):
                done += self.attribute(entry, names)
                continue
            try:
                unrolled_ = [(body, inner) for body, inner in rounds(entry, names)]
                constant_names = all(identifiers(body) for body, _ in unrolled_)
            except Unsolved:
                constant_names = False
            if constant_names:
                for body, inner in unrolled_:
                    done += self.attributes(body, inner)
            else:
                inner = within(entry, names)
                body = self.attributes(entry.body, inner)
                before, doc = self.constructor.header(entry, names, inner, read_by(body))
                done.append(Suite(before, doc, tuple(body)))
        return done

    def attribute(self, leaf: Leaf, names: Names) -> list[Statement]:
        title = self.title_of(leaf, names)
        target = title if isinstance(title, str) else "layers"
        before, doc = self.constructor.statements(leaf, names, target)
        if isinstance(title, str) and title.isidentifier() and title not in RESERVED:
            line = Line(f"self.{title} = ", doc)
        else:
            key = Text(quoted(title)) if isinstance(title, str) else title
            line = Line("", call("self.add_module", key, doc))
        done = [*before, line]
        if leaf.always:
            return done
        condition = self.maker.condition(leaf, names)
        return [Suite("if ", self.maker.write(condition), tuple(done))]

    def title_of(self, leaf: Leaf, names: Names) -> str | Doc:
        """The name of a child, or an f-string that gives it."""
        found = {child.name for child in leaf.children.values()}
        if len(found) == 1:
            return found.pop()
        return self.name_text(leaf, names)

    def name_text(self, leaf: Leaf, names: Names) -> Doc:
        from cnnspec.syntax import template as text_template

        slot = {point: child.name for point, child in leaf.children.items()}
        id = leaf.line.id if isinstance(leaf.line, Item) else leaf.line.name
        if id is None:
            if not all(name.isdigit() for name in slot.values()):
                raise Unsolved
            found = self.solver.inferred({p: int(name) for p, name in slot.items()}, names)
            if found is None:
                raise Unsolved
            return Text(f'f"{{{code(found, spelled).text}}}"', code(found, spelled).reads)
        parts = text_template(id.text)
        assert parts is not None
        text, reads = "", frozenset[str]()
        for part in parts.parts:
            if isinstance(part, str):
                text += part.replace("{", "{{").replace("}", "}}")
                continue
            found = self.solver.reduced(part, slot, names, self.maker.arriving(leaf))
            if found is None:
                raise Unsolved
            if found.op == "literal":
                text += str(found.args[0])
                continue
            piece = code(found, spelled)
            text, reads = f"{text}{{{piece.text}}}", reads | piece.reads
        doc = Text(f"f{quoted(text)}", reads)
        return doc

    # ------------------------------------------------------------------------------------------------- dense

    def is_dense(self) -> bool:
        """Whether the class is one loop over modules, each of which is called once a round."""
        if len(self.entries) != 1 or not isinstance(self.entries[0], Loop) or self.entries[0].ragged:
            return False
        body = self.entries[0].body
        return (
            self.entries[0].count != 1
            and all(isinstance(leaf, Leaf) and leaf.always for leaf in body)
            and sum(not is_plain(leaf) for leaf in body if isinstance(leaf, Leaf)) == 1
            and all(len(scope.inputs) == 1 for scope in self.scopes)
        )

    def dense(self) -> tuple[str, list[Statement], list[Statement]]:
        from cnnspec.emit.source.construct import within
        from cnnspec.emit.source.text import Each

        loop = self.entries[0]
        assert isinstance(loop, Loop)
        inner = within(loop, self.top)
        leaves = [leaf for leaf in loop.body if isinstance(leaf, Leaf)]
        kept = next(leaf for leaf in leaves if not is_plain(leaf))
        title = self.title_of(kept, inner)
        if isinstance(title, str):
            raise Unsolved
        module = self.constructor.module(kept, inner)
        element = Prefixed(f"{flat(title)}: ", module)
        from cnnspec.emit.source.text import reads as doc_reads

        read = doc_reads(module) | title.reads  # type: ignore[union-attr]
        clause = self.constructor.clause(loop, self.top, inner, read)
        init: list[Statement] = [Line("", call("super().__init__", Each("{", element, clause, "}")))]
        operations = self.round_operations(loop, leaves)
        body = Forward(operations, ["x"], [len(operations) - 1]).body()
        final = body.pop()
        assert isinstance(final, Line)
        body.append(Line("x = ", final.doc)) if flat(final.doc) != "x" else None
        forward: list[Statement] = [
            Suite("for layer in ", call("self.values"), tuple(body)),
            Line("return ", Text("x")),
        ]
        return "nn.ModuleDict", init, forward

    def round_operations(self, loop: Loop, leaves: Sequence[Leaf]) -> list[Operation]:
        """One round, whose input is what the round before gave. Raises Unsolved."""
        inputs: list[tuple[int, ...]] = [()] * len(leaves)
        seen: list[set[tuple[int, ...]]] = [set() for _ in leaves]
        for point, scope in self.by_point.items():
            carried = scope.inputs[0]
            for number in range(loop.counts.get(point, 0)):
                places = {carried: -1}
                for i, leaf in enumerate(leaves):
                    child = leaf.children[(*point, number)]
                    if any(value not in places for value in child.inputs):
                        raise Unsolved
                    seen[i].add(tuple(places[value] for value in child.inputs))
                    places.setdefault(made(child), i)
                carried = made(leaves[-1].children[(*point, number)])
            if scope.output != carried:
                raise Unsolved
        if any(len(each) != 1 for each in seen):
            raise Unsolved
        inputs = [each.pop() for each in seen]
        module = Module(self, Wiring([], 0, {}))
        operations = []
        for leaf, taken in zip(leaves, inputs, strict=True):
            if is_plain(leaf):
                operations.append(module.plain(leaf, self.top, taken))
            else:
                operations.append(Operation(on_self("layer"), taken, ends=True))
        return operations


NONE = object()


def identifiers(entries: Iterable[Entry]) -> bool:
    """Whether each line has one name that can be an attribute."""
    return all(isinstance(e, Leaf) and only_name(e).isidentifier() for e in entries)


def is_plain(leaf: Leaf) -> bool:
    """Whether a line without an id is written in `forward` alone: a join, a slice, a function."""
    child = leaf.first
    if not isinstance(child, Node) or len({c.type for c in leaf.children.values()}) > 1:
        return False
    if child.type in ("Add", "Multiply", "Concat", "Slice", "Identity"):
        return True
    unnamed = isinstance(leaf.line, Item) and leaf.line.id is None
    if child.type not in FUNCTIONS or not unnamed:
        return False
    slots = Maker.slots(leaf)
    return all(all(same(v, next(iter(slot.values()))) for v in slot.values()) for slot in slots.values())


SIGNS = {"Add": "+", "Multiply": "*"}


class Module:
    """Writes `__init__` and `forward` of a class whose lines form no chain."""

    def __init__(self, writer: ClassWriter, wiring: Wiring) -> None:
        self.writer, self.wiring = writer, wiring
        self.maker, self.constructor = writer.maker, writer.constructor
        self.attributes = {child.name for scope in writer.scopes for child in scope.children}
        self.flags: list[Statement] = []

    def written(self) -> tuple[list[Statement], list[Statement]]:
        init: list[Statement] = [Line("", call("super().__init__"))]
        operations: list[Operation] = []
        place: dict[int, int] = {-1 - i: -1 - i for i in range(len(self.writer.scopes[0].inputs))}
        for number, step in enumerate(self.wiring.steps):
            inputs = tuple(place[value] for value in step.inputs)
            instead = self.wiring.instead.get(number)
            standing = None if instead is None else place[instead]
            if step.leaf.first.type == "Identity" and is_plain(step.leaf) and step.leaf.line.id is None:
                place[number] = inputs[0]
                continue
            operation = self.operation(step, inputs, standing, init)
            place[number] = len(operations)
            operations.append(operation)
        output = place[self.wiring.output]
        names = self.writer.input_names()
        forward = Forward(operations, names, [output]).body()
        return [*init, *self.flags], forward

    def operation(
        self, step: Step, inputs: tuple[int, ...], standing: int | None, init: list[Statement]
    ) -> Operation:
        leaf, names = step.leaf, step.names
        if is_plain(leaf):
            flag = "" if leaf.always else self.flag(leaf, names)
            return self.plain(leaf, names, inputs, flag, standing)
        attribute, statements = self.attribute(leaf, names)
        skipped = not leaf.always
        passes = skipped and len(inputs) == 1 and standing in (None, inputs[0])
        if passes:
            condition = self.maker.condition(leaf, names)
            init.append(Line(f"self.{attribute}: nn.Module = ", call("nn.Identity")))
            init.append(Suite("if ", self.maker.write(condition), tuple(statements)))
        elif skipped:
            raise Unsolved
        else:
            init += statements
        target = f"self.{attribute}" if attribute.isidentifier() else f"self.get_submodule({quoted(attribute)})"
        label = attribute if attribute.isidentifier() else ""
        child = leaf.first
        ends = isinstance(child, Scope) or child.type in FUNCTIONS or "Dropout" in child.type
        return Operation(on_self(target), inputs, label, ends)

    def attribute(self, leaf: Leaf, names: Names) -> tuple[str, list[Statement]]:
        """The attribute that holds a module, and the statements that set it."""
        title = self.writer.title_of(leaf, names)
        unnamed = isinstance(leaf.line, Item) and leaf.line.id is None
        tensors = any(not isinstance(c, Node) or c.tensors for c in leaf.children.values())
        if unnamed and not tensors:
            title = self.fresh(snake(leaf.first.type))
        if not isinstance(title, str):
            raise Unsolved
        before, doc = self.constructor.statements(leaf, names, title)
        if title.isidentifier() and title not in RESERVED:
            return title, [*before, Line(f"self.{title} = ", doc)]
        return title, [*before, Line("", call("self.add_module", Text(quoted(title)), doc))]

    def fresh(self, wanted: str) -> str:
        title, number = wanted, 1
        while title in self.attributes:
            number += 1
            title = f"{wanted}{number}"
        self.attributes.add(title)
        return title

    def flag(self, leaf: Leaf, names: Names) -> str:
        """The attribute that says whether a line is there."""
        wanted = {"Add": "residual", "Multiply": "gated"}.get(leaf.first.type, f"has_{snake(leaf.first.type)}")
        title = self.fresh(wanted)
        self.flags.append(Line(f"self.{title} = ", self.maker.write(self.maker.condition(leaf, names))))
        return title

    def plain(
        self, leaf: Leaf, names: Names, inputs: tuple[int, ...], flag: str = "", instead: int | None = None
    ) -> Operation:
        type_ = leaf.first.type
        if type_ in SIGNS:
            return Operation(joined(SIGNS[type_]), inputs, join="sum", flag=flag, instead=instead)
        if type_ == "Concat":
            return Operation(stacked, inputs, join="cat", flag=flag, instead=instead)
        if type_ == "Slice":
            return Operation(self.slice(leaf, names), inputs, flag=flag, instead=instead)
        if type_ == "Identity":
            return Operation(lambda docs: docs[0], inputs, flag=flag, instead=instead)
        arguments = self.function_arguments(leaf, names)
        target = FUNCTIONS[type_]
        return Operation(lambda docs: call(target, *docs, *arguments), inputs, "", True, "", flag, instead)

    def function_arguments(self, leaf: Leaf, names: Names) -> list[Doc]:
        arguments = self.maker.arguments(leaf, names)
        if leaf.first.type == "Flatten" and not any(flat(a).startswith("start_dim=") for a in arguments):
            return [Text("1"), *arguments]
        return arguments

    def slice(self, leaf: Leaf, names: Names) -> Any:
        slots = self.maker.slots(leaf)
        ends = []
        for argument in ("start", "end"):
            slot = slots[argument]
            doc = self.maker.argument(leaf, argument, slot, names, infer=False)
            text = flat(doc)
            if not (text.isdigit() or text == "None"):
                title = self.fresh(f"{argument}")
                self.flags.append(Line(f"self.{title} = ", doc))
                text = f"self.{title}"
            ends.append("" if text in ("None",) or (argument == "start" and text == "0") else text)
        simple = all(end.isdigit() or not end for end in ends)
        inside = ":".join(ends) if simple else f"{ends[0]} : {ends[1]}".strip()
        return lambda docs: Text(f"{flat(docs[0])}[:, {inside}]")


def snake(text: str) -> str:
    """``MaxPool2d`` as ``max_pool2d``."""
    found = ""
    for i, c in enumerate(text):
        upper = c.isupper() and i > 0 and (not text[i - 1].isupper() or text[i + 1 : i + 2].islower())
        found += ("_" if upper else "") + c.lower()
    return found


__all__ = ["Argument", "Class", "Classes", "append", "begun", "merged", "nested", "only_leaf", "expr", "Bracket"]
