"""A dataflow -> the body of `forward`: statements that read as a person would write them.

Steps are put on a stack of expressions and nested in the call that takes them, as long as that keeps their order and
reads well; an activation, a pooling or a block ends a statement. A result takes over the name of what it was made of
where nothing else reads that any more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from cnnspec.engine.network.graph import OUTPUTS
from cnnspec.engine.source.text import Bracket, Doc, SourceLine, Statement, Suite, Text, call, flat
from cnnspec.engine.source.wiring import Value

MOST_DEEP = 3  # calls inside one another
ANONYMOUS = ("x", "out")  # names of variables that say nothing
LONG = 66  # characters of an expression that is still nested in another
LONGEST = 73  # of one that is returned and cannot be split
FAR = 2  # steps between a value and its last reader, from which on it has a name of its own
Write = Callable[[Sequence[Doc]], Doc]
Fits = Callable[["Pending"], bool]


@dataclass(frozen=True, slots=True)
class ForwardOperation:
    """How a step is written: ``write`` takes the code of what it reads."""

    write: Write
    inputs: tuple[Value, ...]
    label: str = ""  # a name for its result
    ends: bool = False  # what takes the result begins a statement of its own
    join: str = ""  # `sum` or `cat`, of joins
    training: bool = False  # runs in training only
    flag: str = ""  # the attribute that says whether it runs
    instead: Value | None = None  # what stands for it where it does not
    several: tuple[str, ...] = ()  # the names of its results, where it gives more than one
    together: int = 0  # how many steps, from this on, run under one flag; the last has what stands instead

    @property
    def reads(self) -> tuple[Value, ...]:
        """Every value that it reads, what stands for it included."""
        return self.inputs if self.instead is None else (*self.inputs, self.instead)


@dataclass(slots=True)
class Pending:
    """An expression that waits for the call that takes it."""

    value: Value
    doc: Doc
    variables: tuple[Value, ...]  # what it reads
    depth: int
    ends: bool
    join: str
    is_choice: bool = False  # `a if self.flag else b`, which binds less than any sign


@dataclass(eq=False)
class Forward:
    """Writes one `forward`; ``inputs`` are the names of its arguments, ``outputs`` what is given at its end."""

    operations: Sequence[ForwardOperation]
    inputs: Sequence[str]
    outputs: Sequence[Value]
    taken: Collection[str] = ()  # names that no variable may have
    lines: list[Statement] = field(default_factory=list)
    variable: dict[Value, str] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    left: dict[Value, int] = field(default_factory=dict)  # how often a value is still read
    last: dict[Value, int] = field(default_factory=dict)  # the step that reads it last

    def run(self) -> list[Doc]:
        """Writes the lines; gives the code of the outputs."""
        self.variable = {-1 - i: name for i, name in enumerate(self.inputs)}
        readers = [*(operation.reads for operation in self.operations), tuple(self.outputs)]
        for number, values in enumerate(readers):
            for value in values:
                self.left[value] = self.left.get(value, 0) + 1
                self.last[value] = number
        number = 0
        while number < len(self.operations):
            number += self.suite(number) if self.operations[number].together else self.step(number)
        return self.take(self.outputs, is_returned)[0]

    def step(self, number: int) -> int:
        """Puts the code of a step on the stack, or gives it a variable where it is read several times."""
        operation = self.operations[number]
        if operation.several:
            return self.unpack(number, operation)
        if operation.instead is not None and operation.instead not in self.variable:
            self.flush()
        found = self.found(number, operation)
        if operation.instead is not None:
            other = self.variable[operation.instead]
            found.doc = Text(f"{flat(found.doc)} if self.{operation.flag} else {other}")
            found.variables, found.ends, found.is_choice = (*found.variables, operation.instead), True, True
        if self.left.get(number, 0) == 1 and not operation.training:
            self.pending.append(found)
            return 1
        self.flush()
        self.emit(found, self.name(found, operation) if number in self.left else "")
        return 1

    def unpack(self, number: int, operation: ForwardOperation) -> int:
        """``c3, c4, _ = self.backbone(x)``: a variable for each result that is read."""
        self.flush()
        found = self.found(number, operation)
        self.flush()
        for value in found.variables:
            self.left[value] -= 1
        names = []
        for place, wanted in enumerate(operation.several):
            value = number + place * OUTPUTS
            if value not in self.left:
                names.append("_")
                continue
            held = self.held() | set(self.taken)
            candidates = (wanted, *(f"{wanted}{i}" for i in range(2, len(self.variable) + 4)))
            self.variable[value] = next(name for name in candidates if name.isidentifier() and name not in held)
            names.append(self.variable[value])
        self.lines.append(SourceLine(f"{', '.join(names)} = ", found.doc))
        return 1

    def found(self, number: int, operation: ForwardOperation) -> Pending:
        """The code of a step."""
        docs, nested = self.take(operation.inputs, fitting(operation))
        if operation.join == "sum" and nested and len(flat(operation.write(docs))) > LONGEST:
            self.pending += nested  # a sum is not split over lines: what it adds gets names
            self.flush()
            docs, nested = self.take(operation.inputs, fitting(operation))
        read = [*(v for p in nested for v in p.variables), *(v for v in operation.inputs if v in self.variable)]
        depth = 1 + max((p.depth for p in nested), default=0)
        return Pending(number, operation.write(docs), tuple(read), depth, operation.ends, operation.join)

    def suite(self, number: int) -> int:
        """Steps under one condition: their result goes to the variable that holds what stands instead."""
        together = self.operations[number : number + self.operations[number].together]
        last, instead = number + len(together) - 1, together[-1].instead
        assert instead is not None
        self.flush()
        target = self.variable[instead]
        if self.left[instead] > 1 + sum(operation.inputs.count(instead) for operation in together):
            target = next(name for name in self.anonymous() if name not in self.held())
            self.lines.append(SourceLine(f"{target} = ", Text(self.variable[instead])))
        outer, self.lines = self.lines, []
        for each in range(number, last):
            self.step(each)
        found = self.found(last, together[-1])
        self.flush()
        self.emit(found, target)
        self.left[instead] -= 1
        self.lines = [*outer, Suite("if ", Text(f"self.{together[0].flag}"), tuple(self.lines))]
        return len(together)

    def take(self, inputs: Sequence[Value], fits: Fits) -> tuple[list[Doc], list[Pending]]:
        """The code of values; those that wait are nested where they may be and their order is kept."""
        waiting = [value for value in inputs if value not in self.variable]
        nested: list[Pending] = []
        before = len(waiting)
        for found in reversed(self.pending):
            place = waiting.index(found.value) if found.value in waiting else before
            if place >= before or not fits(found):
                break
            nested.insert(0, found)
            before = place
        if len(nested) < len(waiting):
            self.flush(keep=len(nested))
        del self.pending[len(self.pending) - len(nested) :]
        known = {p.value: p.doc for p in nested}
        return [known.get(value) or Text(self.variable[value]) for value in inputs], nested

    def flush(self, keep: int = 0) -> None:
        """Gives variables to all expressions that wait, but for the last few."""
        count = len(self.pending) - keep
        for found in self.pending[:count]:
            self.emit(found, self.name(found, self.operations[found.value]))
        del self.pending[:count]

    def emit(self, found: Pending, name: str) -> None:
        """Writes a statement; without a name nobody reads its result."""
        for value in found.variables:
            self.left[value] -= 1
        line = SourceLine(f"{name} = " if name else "", found.doc)
        if name:
            self.variable[found.value] = name
        is_guarded = self.operations[found.value].training
        self.lines.append(Suite("if ", Text("self.training"), (line,)) if is_guarded else line)

    # ------------------------------------------------------------------------------------------------- names

    def name(self, found: Pending, operation: ForwardOperation) -> str:
        """A name that nothing else holds any more: of what it was made of, or the line's own."""
        free = [v for v in found.variables if self.left[v] == found.variables.count(v)]
        held = self.held() - {self.variable[value] for value in free}
        wanted = self.candidates(found, operation, free)
        return next(name for name in wanted if name and name not in held and name not in self.taken)

    def held(self) -> set[str]:
        """The names of values that are still read."""
        return {name for value, name in self.variable.items() if self.left.get(value, 0) > 0}

    def candidates(self, found: Pending, operation: ForwardOperation, free: Sequence[Value]) -> Iterator[str]:
        if operation.training or self.last.get(found.value, 0) - found.value > FAR:
            yield operation.label
        anonymous = set(self.anonymous())
        if not operation.training:
            yield from (self.variable[value] for value in free if self.variable[value] in anonymous)
        yield from (*ANONYMOUS, operation.label)
        yield from self.anonymous()

    def anonymous(self) -> Iterator[str]:
        """Names that say nothing."""
        yield from ANONYMOUS
        yield from (f"out{number}" for number in range(2, len(self.variable) + 4))


def fitting(operation: ForwardOperation) -> Fits:
    """Whether an expression reads well inside a step."""

    def fits(found: Pending) -> bool:
        if len(flat(found.doc)) > LONG or (operation.instead is not None and not operation.together):
            return False
        if operation.join == "sum" and found.is_choice:
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
