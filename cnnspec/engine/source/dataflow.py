"""A class whose lines form no chain: `__init__` sets its children, `forward` says what takes what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from cnnspec.engine.network import Node, Scope
from cnnspec.engine.network.graph import OUTPUTS
from cnnspec.engine.source.construct import Constructor
from cnnspec.engine.source.forward import LONGEST, Forward, ForwardOperation, calling
from cnnspec.engine.source.functions import function, is_function
from cnnspec.engine.source.making import Maker
from cnnspec.engine.source.names import SourceNames, Unsolved
from cnnspec.engine.source.naming import attribute, is_attribute, snake, spelled, unused
from cnnspec.engine.source.template import Leaf
from cnnspec.engine.source.text import Bracket, Doc, SourceLine, Statement, Suite, Text, call, flat
from cnnspec.engine.source.values import quoted
from cnnspec.engine.source.wiring import SourceWiring, WiringStep
from cnnspec.engine.spec.names import TAKEN

FLAGS = {"Add": "residual", "Multiply": "gated"}  # what says whether a join is there


class DataflowClass:
    """Writes the two methods. ``children`` are the names that the spec gives, in all instances."""

    def __init__(
        self, maker: Maker, constructor: Constructor, children: Collection[str], heads: Mapping[str, str] | None = None
    ) -> None:
        self.maker, self.constructor = maker, constructor
        self.heads = heads or {}  # what runs in training only, and what its output is called
        self.attributes = set(children)
        self.init: list[Statement] = [SourceLine("", call("super().__init__"))]
        self.kept: dict[str, str] = {}  # attributes that hold a value, by its code
        self.made: dict[str, Leaf] = {}  # the line that set each child: a shared one is made once
        self.guarded: set[str] = set()  # the children that are set under a flag, and not at all without it

    def operations(self, wiring: SourceWiring) -> tuple[list[ForwardOperation], dict[int, int]]:
        """The steps as operations, and the number of the operation that makes each value."""
        found: list[ForwardOperation] = []
        place = {value: value for step in wiring.steps for value in step.inputs if value < 0}
        place |= {value: value for value in wiring.outputs if value < 0}
        runs = runs_of(wiring)
        number = 0
        while number < len(wiring.steps):
            count = runs.get(number, 1)
            steps = wiring.steps[number : number + count]
            instead = wiring.instead.get(number + count - 1)
            standing = None if instead is None else place[instead]
            for each, operation in enumerate(self.together(steps, place, len(found), number, standing)):
                found.append(operation)
                for output in range(max(len(operation.several), 1)):
                    place[number + each + output * OUTPUTS] = len(found) - 1 + output * OUTPUTS
            if count == 1 and steps[0].is_identity:
                place[number] = place[steps[0].inputs[0]]
                found.pop()
            number += count
        return found, place

    def together(
        self, steps: Sequence[WiringStep], place: Mapping[int, int], first: int, number: int, instead: int | None
    ) -> list[ForwardOperation]:
        """The operations of steps that run under one condition, or of one step."""
        if len(steps) == 1:
            return [self.operation(steps[0], tuple(place[value] for value in steps[0].inputs), instead)]
        inner = {**place, **{number + i: first + i for i in range(len(steps))}}
        flag = self.flag(steps[-1].leaf, steps[-1].names)
        before, self.init = self.init, []
        found = [self.plain(step, tuple(inner[value] for value in step.inputs)) for step in steps]
        made, self.init = self.init, before
        if made:
            self.init.append(Suite("if ", Text(f"self.{flag}"), tuple(made)))
        found[0] = replace(found[0], together=len(steps), flag=flag)
        found[-1] = replace(found[-1], instead=instead, together=found[-1].together or 1, flag=flag)
        return found

    def plain(self, step: WiringStep, inputs: tuple[int, ...]) -> ForwardOperation:
        """A step that is there wherever it is come to, because a flag guards it."""
        there = Leaf(step.leaf.line, tuple(step.leaf.children), step.leaf.children)
        return self.operation(WiringStep(there, step.names, step.inputs), inputs, None, guarded=True)

    def operation(
        self, step: WiringStep, inputs: tuple[int, ...], instead: int | None, *, guarded: bool = False
    ) -> ForwardOperation:
        leaf, names = step.leaf, step.names
        if is_function(leaf):
            made = function(leaf, names, inputs, self.maker, self.keep)
            return made if leaf.always else replace(made, flag=self.flag(leaf, names), instead=self.there(instead))
        title = self.title(leaf)
        passes = inputs == (instead,)
        if title not in self.made:
            self.construct(leaf, names, title, passes=passes)
            self.made[title] = leaf
            self.guarded |= {title} if guarded else set()
        elif not (guarded or title not in self.guarded) or not runs_again(leaf, self.made[title], passes):
            raise Unsolved
        return self.calling(leaf, title, inputs)

    def calling(self, leaf: Leaf, title: str, inputs: tuple[int, ...]) -> ForwardOperation:
        child = leaf.first
        ends = isinstance(child, Scope) or child.layer.function is not None or child.layer.role == "dropout"
        label = spelled(self.heads.get(title, title if is_attribute(title) else ""))
        several = tuple(map(spelled, child.outputs)) if len(child.values) > 1 else ()
        if is_bare(leaf):
            held = f"self.{title}" if is_attribute(title) else f"self.get_parameter({quoted(title)})"
            return ForwardOperation(lambda docs: Text(f"{held} * {flat(docs[0])}"), inputs, join="sum")
        return ForwardOperation(
            calling(attribute(title)), inputs, label, ends, training=title in self.heads, several=several
        )

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
        title = unused(wanted, self.attributes | TAKEN)
        self.attributes.add(title)
        return title

    def construct(self, leaf: Leaf, names: SourceNames, title: str, *, passes: bool) -> None:
        """Sets a child; where the line may be left out and then passes its input by, an Identity stands for it."""
        before, doc = self.constructor.statements(leaf, names, title)
        done = [*before, set_child(title, doc, is_parameter=is_bare(leaf))]
        if leaf.always:
            self.init += done
        elif passes and is_attribute(title) and not is_bare(leaf):
            self.init.append(SourceLine(f"self.{title}: nn.Module = ", call("nn.Identity")))
            self.init.append(Suite("if ", self.maker.condition(leaf, names), tuple(done)))
        else:
            raise Unsolved

    def flag(self, leaf: Leaf, names: SourceNames) -> str:
        """The attribute that says whether a line is there."""
        doc = self.maker.condition(leaf, names)
        return self.keep(leaf, FLAGS.get(leaf.first.type, f"has_{snake(leaf.first.type)}"), doc)

    def keep(self, leaf: Leaf, wanted: str, doc: Doc) -> str:
        """The attribute that holds a value."""
        text = flat(doc)
        if text not in self.kept:
            self.kept[text] = self.fresh(text if is_attribute(text) and text[0] != "_" else wanted)
            self.init.append(SourceLine(f"self.{self.kept[text]} = ", doc))
        return self.kept[text]


def runs_of(wiring: SourceWiring) -> dict[int, int]:
    """Neighbouring steps that are there in the same instances and that nothing else reads but for the last.

    The number of steps by that of the first.
    """
    found: dict[int, int] = {}
    for last in wiring.instead:
        there = wiring.steps[last].leaf.children.keys()
        first = last
        while first and not wiring.steps[first - 1].leaf.always and _only_inside(wiring, first - 1, last, there):
            first -= 1
        if first < last:
            found[first] = last - first + 1
    return found


def _only_inside(wiring: SourceWiring, number: int, last: int, there: Collection[object]) -> bool:
    """Whether a step is there in the same instances as others up to ``last``, and read by them alone."""
    readers = [i for i, step in enumerate(wiring.steps) if number in step.inputs]
    outside = number in wiring.outputs or number in wiring.instead.values() or number in wiring.instead
    leaf = wiring.steps[number].leaf
    same = leaf.children.keys() == there and len(leaf.first.values) == 1
    return same and not outside and bool(readers) and all(number < reader <= last for reader in readers)


def runs_again(leaf: Leaf, first: Leaf, passes: bool) -> bool:
    """Whether a line only runs the module that another has set, wherever it is there.

    Another line of the same name sets a module of its own, as two lines under opposite conditions do.
    """
    nodes = [n for c in leaf.children.values() for n in (c.leaves() if isinstance(c, Scope) else [c])]
    is_set = leaf.children.keys() <= first.children.keys()
    stands = leaf.always or (passes and leaf.children.keys() == first.children.keys())  # an Identity, where it is not
    return is_set and stands and all(node.reused for node in nodes)


def set_child(title: str, doc: Doc, *, is_parameter: bool = False) -> SourceLine:
    """``self.conv1 = …``; a name that is no attribute is set by a call."""
    if is_attribute(title):
        return SourceLine(f"self.{title} = ", doc)
    return SourceLine(
        "", call(f"self.{'register_parameter' if is_parameter else 'add_module'}", Text(quoted(title)), doc)
    )


def is_bare(leaf: Leaf) -> bool:
    """Whether a line gives a parameter and no module."""
    return isinstance(leaf.first, Node) and leaf.first.layer.is_parameter


def body(forward: Forward) -> list[Statement]:
    """The statements of a `forward`, which gives one tensor or several."""
    docs = forward.run()
    given = docs[0] if len(docs) == 1 else Bracket("(", tuple(docs), ")")
    text = ", ".join(map(flat, docs))
    return [*forward.lines, SourceLine("return ", Text(text) if len(docs) > 1 and len(text) <= LONGEST else given)]
