"""A class whose lines form no chain: `__init__` sets its children, `forward` says what takes what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from cnnspec.emit.source.construct import Constructor
from cnnspec.emit.source.forward import Forward, Operation, calling
from cnnspec.emit.source.functions import FUNCTIONS, function, is_function
from cnnspec.emit.source.making import Maker
from cnnspec.emit.source.names import Names, Unsolved
from cnnspec.emit.source.naming import attribute, is_attribute, snake, unused
from cnnspec.emit.source.template import Leaf
from cnnspec.emit.source.text import Doc, Line, Statement, Suite, Text, call, flat
from cnnspec.emit.source.values import quoted
from cnnspec.emit.source.wiring import Step, Wiring, is_aux
from cnnspec.network import Node, Scope

FLAGS = {"Add": "residual", "Multiply": "gated"}  # what says whether a join is there


class Dataflow:
    """Writes the two methods. ``children`` are the names that the spec gives, in all instances."""

    def __init__(self, maker: Maker, constructor: Constructor, children: Collection[str]) -> None:
        self.maker, self.constructor = maker, constructor
        self.attributes = set(children)
        self.init: list[Statement] = [Line("", call("super().__init__"))]
        self.kept: dict[str, str] = {}  # attributes that hold a value, by its code
        self.set: set[str] = set()  # the children that are there by now: a shared one is made once

    def operations(self, wiring: Wiring) -> tuple[list[Operation], dict[int, int]]:
        """The steps as operations, and the number of the operation that makes each value."""
        found: list[Operation] = []
        place = {value: value for step in wiring.steps for value in step.inputs if value < 0}
        place |= {value: value for value in wiring.outputs if value < 0}
        for number, step in enumerate(wiring.steps):
            inputs = tuple(place[value] for value in step.inputs)
            if step.is_identity:
                place[number] = inputs[0]
                continue
            instead = wiring.instead.get(number)
            place[number] = len(found)
            found.append(self.operation(step, inputs, None if instead is None else place[instead]))
        return found, place

    def operation(self, step: Step, inputs: tuple[int, ...], instead: int | None) -> Operation:
        leaf, names = step.leaf, step.names
        if is_function(leaf):
            made = function(leaf, names, inputs, self.maker, self.keep)
            return made if leaf.always else replace(made, flag=self.flag(leaf, names), instead=self.there(instead))
        title = self.title(leaf)
        if title not in self.set:
            self.construct(leaf, names, title, passes=len(inputs) == 1 and instead in (None, inputs[0]))
        self.set.add(title)
        return self.calling(leaf, title, inputs)

    def calling(self, leaf: Leaf, title: str, inputs: tuple[int, ...]) -> Operation:
        child = leaf.first
        ends = isinstance(child, Scope) or child.type in FUNCTIONS or "Dropout" in child.type
        label = title if is_attribute(title) else ""
        if is_bare(leaf):
            held = f"self.{title}" if is_attribute(title) else f"self.get_parameter({quoted(title)})"
            return Operation(lambda docs: Text(f"{held} * {flat(docs[0])}"), inputs, join="sum")
        return Operation(calling(attribute(title)), inputs, label, ends, training=is_aux(child))

    @staticmethod
    def there(instead: int | None) -> int:
        """What stands for a line that is left out. Raises Unsolved where nothing is known to."""
        if instead is None:
            raise Unsolved
        return instead

    def title(self, leaf: Leaf) -> str:
        """The attribute that holds a module. Raises Unsolved where its name differs from instance to instance."""
        has_tensors = any(not isinstance(child, Node) or child.tensors for child in leaf.children.values())
        if leaf.is_named or has_tensors:
            if len(leaf.names) > 1:
                raise Unsolved
            return leaf.names[0]
        return self.fresh(snake(leaf.first.type))

    def fresh(self, wanted: str) -> str:
        """An attribute that the spec does not know."""
        title = unused(wanted, self.attributes)
        self.attributes.add(title)
        return title

    def construct(self, leaf: Leaf, names: Names, title: str, *, passes: bool) -> None:
        """Sets a child; where the line may be left out and then passes its input by, an Identity stands for it."""
        before, doc = self.constructor.statements(leaf, names, title)
        done = [*before, set_child(title, doc, is_parameter=is_bare(leaf))]
        if leaf.always:
            self.init += done
        elif passes and is_attribute(title):
            self.init.append(Line(f"self.{title}: nn.Module = ", call("nn.Identity")))
            self.init.append(Suite("if ", self.maker.condition(leaf, names), tuple(done)))
        else:
            raise Unsolved

    def flag(self, leaf: Leaf, names: Names) -> str:
        """The attribute that says whether a line is there."""
        doc = self.maker.condition(leaf, names)
        return self.keep(leaf, FLAGS.get(leaf.first.type, f"has_{snake(leaf.first.type)}"), doc)

    def keep(self, leaf: Leaf, wanted: str, doc: Doc) -> str:
        """The attribute that holds a value."""
        text = flat(doc)
        if text not in self.kept:
            self.kept[text] = self.fresh(text if text.isidentifier() else wanted)
            self.init.append(Line(f"self.{self.kept[text]} = ", doc))
        return self.kept[text]


def set_child(title: str, doc: Doc, *, is_parameter: bool = False) -> Line:
    """``self.conv1 = …``; a name that is no attribute is set by a call."""
    if is_attribute(title):
        return Line(f"self.{title} = ", doc)
    return Line("", call(f"self.{'register_parameter' if is_parameter else 'add_module'}", Text(quoted(title)), doc))


def is_bare(leaf: Leaf) -> bool:
    """Whether a line gives a parameter and no module."""
    return isinstance(leaf.first, Node) and leaf.first.layer.bare


def body(forward: Forward) -> list[Statement]:
    """The statements of a `forward` that gives one tensor."""
    (given,) = forward.run()
    return [*forward.lines, Line("return ", given)]
