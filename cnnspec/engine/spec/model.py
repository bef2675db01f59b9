"""The values that a spec is made of: what was written, sorted by what it means, with its places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from cnnspec.engine.diagnostics import Source, Span, count
from cnnspec.engine.spec.budget import Budget
from cnnspec.engine.spec.pattern import Pattern
from cnnspec.engine.spec.rules import Rule
from cnnspec.engine.spec.types import ParamType
from cnnspec.engine.syntax import Map, Node, Scalar


class Param(Struct, frozen=True, eq=False):
    """A declared param: its type, its default (None: required) and its bounds."""

    name: Scalar
    type: ParamType
    default: Node | None = None
    min: float | None = None
    max: float | None = None
    choices: tuple[Any, ...] | None = None
    description: str = ""
    broken: bool = False  # said to be wrong already: it has no value, and what reads it is silent

    @property
    def required(self) -> bool:
        """Whether it has neither a default nor a type in which null may stand for one."""
        return self.default is None and not self.type.optional


class Path(Struct, frozen=True, eq=False):
    """One of the parallel paths of a join: a chain, and a name where the path is a scope of its own.

    With ``repeat`` or ``foreach`` it stands once for each of their rounds, side by side.
    """

    items: tuple[Item, ...]
    span: Span
    name: Scalar | None = None
    when: Node | None = None
    repeat: Node | None = None
    foreach: Map | None = None

    @property
    def loops(self) -> bool:
        """Whether it stands as often as its loops say."""
        return self.repeat is not None or self.foreach is not None


class Item(Struct, frozen=True, eq=False):
    """One line of a chain: an operation with its arguments or its body, and the words beside it."""

    op: Scalar
    node: Scalar | Map  # the line as it stands in the text, for edits
    args: Map | None = None
    body: tuple[Item, ...] | None = None  # of Sequential and of groups
    paths: tuple[Path, ...] | None = None  # of joins
    id: Scalar | None = None
    sources: tuple[Scalar, ...] | None = None  # `from`
    source_names: tuple[Scalar, ...] = ()  # the inputs that ``sources`` are given to, where `from` names them
    shared: Scalar | None = None  # of `share`: the id of the line whose module runs once more
    repeat: Node | None = None
    foreach: Map | None = None
    when: Node | None = None
    broken: bool = False  # said to be wrong already: it has no output
    unread_loop: bool = False  # its `foreach` is what is wrong: it may have given any name
    unread: bool = False  # its operation or arguments are what is wrong: nothing more is said of them
    foreign: bool = False  # its operation alone is what is wrong, written as in another framework

    @property
    def name(self) -> str:
        return self.op.text

    @property
    def span(self) -> Span:
        return self.op.span

    @property
    def hides_ids(self) -> bool:
        """Whether it may have been meant to give an id that is not known."""
        return self.broken and self.id is None and not self.foreign

    @property
    def loops(self) -> bool:
        """Whether it runs as often as its loops say."""
        return self.repeat is not None or self.foreach is not None


class DeclaredOutput(Struct, frozen=True, eq=False):
    """A name for what the line ``source`` gives, as one of several outputs."""

    name: Scalar
    source: Scalar


class Block(Struct, frozen=True, eq=False):
    """A layer written in YAML. Without ``inputs`` it takes one tensor, without ``outputs`` it gives its last line's."""

    name: Scalar
    params: Mapping[str, Param]
    layers: tuple[Item, ...]
    description: str = ""
    inputs: tuple[Scalar, ...] = ()
    outputs: tuple[DeclaredOutput, ...] = ()

    @property
    def source(self) -> Source:
        return self.name.span.source


class Head(Struct, frozen=True, eq=False):
    """An aux head: a chain that runs in training only, on the output of the line ``source``.

    ``after`` is the line behind which it stands in the order of modules, where that is not its source.
    """

    name: Scalar
    source: Scalar
    weight: Scalar
    layers: tuple[Item, ...]
    output: Scalar
    when: Scalar | None = None
    after: Scalar | None = None


class Variant(Struct, frozen=True, eq=False):
    """A named setting of the params."""

    name: Scalar
    settings: Map


class Patch(Struct, frozen=True, eq=False):
    """One edit of a base: which of its lines, and what is put before, behind or in the place of each."""

    number: int  # in its section, from 1
    word: Scalar  # `replace`, `insert_before`, `insert_after` or `remove`
    target: Scalar  # the keys that it reaches, as a pattern
    pattern: Pattern
    items: tuple[Item, ...] = ()
    when: Node | None = None

    @property
    def place(self) -> Span:
        """``replace: layer4.*.conv2``."""
        return self.word.span.to(self.target.span)


class Patches(Struct, frozen=True, eq=False):
    """The patches of one file, and the input of what it extends: they name the keys that its lines have under that."""

    patches: tuple[Patch, ...]
    input: Node | None


class Spec(Struct, frozen=True, eq=False):
    """An architecture as its file says it, with what a user set on top.

    ``title`` is how messages call it, ``heading`` what stands above tables and drawings where that differs;
    ``variant`` and ``settings`` choose among its params, and ``input_override`` stands for the file's ``input``: sizes
    without the batch, of several inputs by name.
    """

    source: Source
    title: str
    name: str
    description: str
    reference: str  # the file's `source`: where the architecture comes from
    input: Node | None
    params: Mapping[str, Param]
    variants: Mapping[str, Variant]
    layers: tuple[Item, ...]
    blocks: Mapping[str, Block]
    ignored: tuple[Scalar, ...] = ()  # codes of warnings that `lint: {ignore: [...]}` silences
    budget: Budget | None = None  # what it may cost
    aux: tuple[Head, ...] = ()  # heads that run in training only
    outputs: tuple[DeclaredOutput, ...] = ()  # none: the last line's
    init: tuple[Rule, ...] = ()  # what fills its parameters
    extends: Scalar | None = None  # what it is an edited copy of
    bases: tuple[Source, ...] = ()  # the texts below it: what it extends, what that extends, and so on
    patches: tuple[Patches, ...] = ()  # of each text that has some, the lowest first
    shares: bool = True  # whether a line may run a module that is there
    variant: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    input_override: tuple[int, ...] | Mapping[str, tuple[int, ...]] | None = None
    heading: str = ""
    dtypes: Mapping[str, str] = field(default_factory=dict)  # of inputs that are not float32

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of several inputs; none where there is one, which lines call `input`."""
        return tuple(self.input.names()) if isinstance(self.input, Map) else ()

    def __repr__(self) -> str:
        return f"<Spec {self.title}: {count(len(self.params), 'param')}, {count(len(self.variants), 'variant')}>"
