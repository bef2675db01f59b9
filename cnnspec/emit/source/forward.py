"""A dataflow -> the body of `forward`: statements that read as a person would write them.

Steps are put on a stack of expressions and nested in the call that takes them, as long as that keeps their order and
reads well; an activation, a pooling or a block ends a statement. A result takes over the name of what it was made of
where nothing else reads that any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cnnspec.emit.source.text import Bracket, Doc, Line, Statement, Text, call, flat
from cnnspec.emit.source.wiring import Value

MOST_DEEP = 3  # calls inside one another
LONG = 66  # characters of an expression that is still nested in another


@dataclass(frozen=True, slots=True)
class Operation:
    """How a step is written: ``write`` takes the code of what it reads."""

    write: Callable[[Sequence[Doc]], Doc]
    inputs: tuple[Value, ...]
    label: str = ""  # a name for its result
    ends: bool = False  # nothing is nested around it
    join: str = ""  # `sum` or `cat`, of joins
    flag: str = ""  # the attribute that says whether it runs; ``instead`` stands for it where it does not
    instead: Value | None = None


@dataclass(slots=True)
class Pending:
    """An expression that waits for the call that takes it."""

    value: Value
    doc: Doc
    variables: tuple[Value, ...]  # what it reads
    depth: int
    ends: bool
    join: str


@dataclass(eq=False)
class Forward:
    """Writes one `forward`. ``inputs`` are the names of its arguments; ``output`` what it gives."""

    operations: Sequence[Operation]
    inputs: Sequence[str]
    outputs: Sequence[Value]
    taken: frozenset[str] = frozenset()
    lines: list[Statement] = field(default_factory=list)
    variable: dict[Value, str] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    left: dict[Value, int] = field(default_factory=dict)  # how often a value is still read

    def body(self) -> list[Statement]:
        self.variable = {-1 - i: name for i, name in enumerate(self.inputs)}
        read = [v for operation in self.operations for v in self.read_by(operation)]
        for value in (*read, *self.outputs):
            self.left[value] = self.left.get(value, 0) + 1
        for number, operation in enumerate(self.operations):
            self.step(number, operation)
        docs = self.take(self.outputs, "return", lambda p: not isinstance(p.doc, Text) or len(flat(p.doc)) <= 73)
        doc = docs[0]
        self.lines.append(Line("return ", doc))
        return self.lines

    @staticmethod
    def read_by(operation: Operation) -> tuple[Value, ...]:
        extra = () if operation.instead is None or not operation.flag else (operation.instead,)
        return (*operation.inputs, *extra)

    def step(self, number: int, operation: Operation) -> None:
        if operation.flag and operation.instead is not None:
            self.keep_until([v for v in (operation.instead,)])
        docs, variables, depth = self.gather(operation)
        doc = operation.write(docs)
        if operation.flag and operation.instead is not None:
            doc = Text(f"{flat(doc)} if self.{operation.flag} else {self.variable[operation.instead]}")
            variables = (*variables, operation.instead)
        found = Pending(number, doc, variables, depth + 1, operation.ends or bool(operation.flag), operation.join)
        if self.left.get(number, 0) == 1:
            self.pending.append(found)
            return
        self.flush()
        self.emit(found, assigned=number in self.left)

    def gather(self, operation: Operation) -> tuple[list[Doc], tuple[Value, ...], int]:
        """The code of what a step reads; expressions that cannot be nested get a variable first."""
        fits = self.fitting(operation)
        docs = self.take(operation.inputs, operation.join, fits)
        taken = self.just_taken
        variables = tuple(v for p in taken for v in p.variables)
        variables += tuple(v for v in operation.inputs if v in self.variable)
        return docs, variables, max((p.depth for p in taken), default=0)

    def fitting(self, operation: Operation) -> Callable[[Pending], bool]:
        def fits(found: Pending) -> bool:
            if len(flat(found.doc)) > LONG:
                return False
            if operation.join == "sum":
                return found.depth <= 1 and not found.join
            if operation.join == "cat":
                return found.depth <= 2 and not found.join
            if found.join and found.depth <= 3:
                return operation.ends and not operation.label
            return not found.ends and found.depth < MOST_DEEP

        return fits

    just_taken: list[Pending] = field(default_factory=list)

    def take(self, inputs: Sequence[Value], join: str, fits: Callable[[Pending], bool]) -> list[Doc]:
        """The code of values, those that wait nested where all of them may be and their order is kept."""
        waiting = [value for value in inputs if value not in self.variable]
        top = self.pending[len(self.pending) - len(waiting) :]
        if [p.value for p in top] != waiting:
            self.flush()
            top = []
        nest = 0
        while nest < len(top) and fits(top[len(top) - 1 - nest]):
            nest += 1
        if nest < len(top):
            self.flush(keep=nest)
        self.just_taken = self.pending[len(self.pending) - nest :] if nest else []
        if nest:
            del self.pending[-nest:]
        known = {p.value: p.doc for p in self.just_taken}
        return [known.get(value) or Text(self.variable[value]) for value in inputs]

    def keep_until(self, values: Sequence[Value]) -> None:
        if any(value not in self.variable for value in values):
            self.flush()

    def flush(self, keep: int = 0) -> None:
        """Gives variables to all expressions that wait, but for the last few."""
        count = len(self.pending) - keep
        for found in self.pending[:count]:
            self.emit(found, assigned=True)
        del self.pending[:count]

    def emit(self, found: Pending, *, assigned: bool) -> None:
        for value in found.variables:
            self.left[value] -= 1
        if not assigned:
            self.lines.append(Line("", found.doc))
            return
        name = self.name(found)
        self.variable[found.value] = name
        self.lines.append(Line(f"{name} = ", found.doc))

    def name(self, found: Pending) -> str:
        """A name that nothing else holds any more: of what it was made of, or the line's own."""
        label = self.operations[found.value].label
        held = {self.variable[v] for v in self.variable if self.left.get(v, 0) > 0}
        often = self.left.get(found.value, 0) > 1
        own = [self.variable[v] for v in found.variables if self.left[v] == 0]
        candidates = [*([label] if often and label else []), *own, "x", "out", *([label] if label else [])]
        candidates += [f"out{i}" for i in range(2, len(held) + 4)]
        return next(n for n in candidates if n not in held and n not in self.taken)


def on_self(attribute: str) -> Callable[[Sequence[Doc]], Doc]:
    """A call of a child."""
    return lambda docs: call(attribute, *docs)


def joined(sign: str) -> Callable[[Sequence[Doc]], Doc]:
    """A sum or a product."""

    def write(docs: Sequence[Doc]) -> Doc:
        return Text(f" {sign} ".join(flat(doc) for doc in docs))

    return write


def stacked(docs: Sequence[Doc]) -> Doc:
    """``torch.cat([a, b], 1)``."""
    return call("torch.cat", Bracket("[", tuple(docs), "]"), Text("1"))
