"""A dataflow -> the body of `forward`: statements that read as a person would write them.

Steps are put on a stack of expressions and nested in the call that takes them, as long as that keeps their order and
reads well; an activation, a pooling or a block ends a statement. A result takes over the name of what it was made of
where nothing else reads that any more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from cnnspec.emit.source.text import Bracket, Doc, Line, Statement, Suite, Text, call, flat
from cnnspec.emit.source.wiring import Value

MOST_DEEP = 3  # calls inside one another
LONG = 66  # characters of an expression that is still nested in another
LONGEST = 73  # of one that is returned and cannot be split
Write = Callable[[Sequence[Doc]], Doc]


@dataclass(frozen=True, slots=True)
class Operation:
    """How a step is written: ``write`` takes the code of what it reads."""

    write: Write
    inputs: tuple[Value, ...]
    label: str = ""  # a name for its result
    ends: bool = False  # what takes the result begins a statement of its own
    join: str = ""  # `sum` or `cat`, of joins
    flag: str = ""  # the attribute that says whether it runs
    instead: Value | None = None  # what stands for it where it does not
    training: bool = False  # runs in training only


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
    """Writes one `forward`; ``inputs`` are the names of its arguments, ``outputs`` what is given at its end."""

    operations: Sequence[Operation]
    inputs: Sequence[str]
    outputs: Sequence[Value]
    taken: Collection[str] = ()  # names that no variable may have
    lines: list[Statement] = field(default_factory=list)
    variable: dict[Value, str] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    left: dict[Value, int] = field(default_factory=dict)  # how often a value is still read

    def run(self) -> list[Doc]:
        """Writes the lines; gives the code of the outputs."""
        self.variable = {-1 - i: name for i, name in enumerate(self.inputs)}
        for value in (*(v for operation in self.operations for v in read_by(operation)), *self.outputs):
            self.left[value] = self.left.get(value, 0) + 1
        for number, operation in enumerate(self.operations):
            self.step(number, operation)
        return self.take(self.outputs, is_returned)[0]

    def step(self, number: int, operation: Operation) -> None:
        """Puts the code of a step on the stack, or gives it a variable where it is read several times."""
        if operation.instead is not None and operation.instead not in self.variable:
            self.flush()
        docs, taken = self.take(operation.inputs, fitting(operation))
        found = Pending(
            number,
            self.written(operation, docs),
            (*(v for p in taken for v in p.variables), *(v for v in read_by(operation) if v in self.variable)),
            1 + max((p.depth for p in taken), default=0),
            operation.ends or bool(operation.flag),
            operation.join,
        )
        if self.left.get(number, 0) == 1 and not operation.training:
            self.pending.append(found)
            return
        self.flush()
        self.emit(found, assigned=number in self.left)

    def written(self, operation: Operation, docs: Sequence[Doc]) -> Doc:
        doc = operation.write(docs)
        if operation.instead is None:
            return doc
        return Text(f"{flat(doc)} if self.{operation.flag} else {self.variable[operation.instead]}")

    def take(self, inputs: Sequence[Value], fits: Callable[[Pending], bool]) -> tuple[list[Doc], list[Pending]]:
        """The code of values; those that wait are nested where they may be and their order is kept."""
        waiting = [value for value in inputs if value not in self.variable]
        top = self.pending[len(self.pending) - len(waiting) :]
        if [p.value for p in top] != waiting:
            self.flush()
            top = []
        nested: list[Pending] = []
        while len(nested) < len(top) and fits(top[-1 - len(nested)]):
            nested.insert(0, top[-1 - len(nested)])
        if len(nested) < len(top):
            self.flush(keep=len(nested))
        del self.pending[len(self.pending) - len(nested) :]
        known = {p.value: p.doc for p in nested}
        return [known.get(value) or Text(self.variable[value]) for value in inputs], nested

    def flush(self, keep: int = 0) -> None:
        """Gives variables to all expressions that wait, but for the last few."""
        count = len(self.pending) - keep
        for found in self.pending[:count]:
            self.emit(found, assigned=True)
        del self.pending[:count]

    def emit(self, found: Pending, *, assigned: bool) -> None:
        """Writes a statement."""
        operation = self.operations[found.value]
        for value in found.variables:
            self.left[value] -= 1
        line = Line("", found.doc)
        if assigned:
            name = self.name(found, operation)
            self.variable[found.value] = name
            line = Line(f"{name} = ", found.doc)
        self.lines.append(Suite("if ", Text("self.training"), (line,)) if operation.training else line)

    def name(self, found: Pending, operation: Operation) -> str:
        """A name that nothing else holds any more: of what it was made of, or the line's own."""
        held = {name for value, name in self.variable.items() if self.left.get(value, 0) > 0}
        wanted = self.candidates(found, operation)
        return next(name for name in wanted if name and name not in held and name not in self.taken)

    def candidates(self, found: Pending, operation: Operation) -> Iterator[str]:
        if operation.training or self.left.get(found.value, 0) > 1:
            yield operation.label
        if not operation.training:
            yield from (self.variable[value] for value in found.variables if not self.left[value])
        yield from ("x", "out", operation.label)
        yield from (f"out{number}" for number in range(2, len(self.variable) + 3))


def read_by(operation: Operation) -> tuple[Value, ...]:
    """Every value that a step reads, what stands for it included."""
    return operation.inputs if operation.instead is None else (*operation.inputs, operation.instead)


def fitting(operation: Operation) -> Callable[[Pending], bool]:
    """Whether an expression reads well inside a step."""

    def fits(found: Pending) -> bool:
        if len(flat(found.doc)) > LONG or operation.instead is not None:
            return False
        if operation.join:
            return not found.join and found.depth <= (1 if operation.join == "sum" else 2)
        if found.join:
            return operation.ends and not operation.label and found.depth < MOST_DEEP
        return not found.ends and found.depth < MOST_DEEP

    return fits


def is_returned(found: Pending) -> bool:
    """Whether an expression may stand behind `return`."""
    return not isinstance(found.doc, Text) or len(flat(found.doc)) <= LONGEST


def calling(target: str, *arguments: Doc) -> Write:
    """``target(x, arguments)``."""
    return lambda docs: call(target, *docs, *arguments)


def joined(sign: str) -> Write:
    """``a + b``."""
    return lambda docs: Text(f" {sign} ".join(map(flat, docs)))


def stacked(docs: Sequence[Doc]) -> Doc:
    """``torch.cat([a, b], 1)``."""
    return call("torch.cat", Bracket("[", tuple(docs), "]"), Text("1"))
