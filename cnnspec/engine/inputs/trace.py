"""One run of the ordinary expansion over sizes that are tracked: what it asked of them, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Annotated, Any

from msgspec.structs import replace

from cnnspec.engine.diagnostics import Diagnostic, Sink, Span
from cnnspec.engine.inputs.tracked import Condition, Tracked, Tracker, bare
from cnnspec.engine.layers import Layer, Shape
from cnnspec.engine.layers.argument_types import alternatives, bounds_of
from cnnspec.engine.layers.base import MAX_SIZE
from cnnspec.engine.network.context import Context, Flow
from cnnspec.engine.network.expand import Expander, networks_of
from cnnspec.engine.network.graph import Graph
from cnnspec.engine.network.patch_bases import BaseNetwork
from cnnspec.engine.spec import Arguments, Item, Spec
from cnnspec.engine.syntax import Meter, Node, Scalar, Seq, Value, template
from cnnspec.engine.syntax.evaluate import in_yaml
from cnnspec.engine.syntax.meter import MAX_STEPS

SIZE_WORDS = ("height", "width", "features", "channels")
Axes = tuple[tuple[int, ...], ...]  # for each size that varies, its places among all sizes that arrive
# Arguments that layers only calculate with and compare. Any other that reads a size is pinned.
FOLLOWED = frozenset("kernel_size stride padding dilation size output_size normalized_shape in_features".split())


@dataclass(frozen=True, slots=True)
class Read:
    """An expression that read a size of the input, and what it gave."""

    span: Span
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class SampleRun:
    """What one input met: its sizes, the conditions under which others meet the same, and its graph or its refusal."""

    sample: tuple[int, ...]
    conditions: tuple[Condition, ...]
    graph: Graph | None
    refusal: Diagnostic | None
    steps: int
    reads: tuple[Read, ...] = ()


class InputRefused(Exception):
    """The first mistake, which ends a run."""


class _TraceStop(Sink):
    def add(self, diagnostic: Diagnostic) -> None:
        super().add(diagnostic)
        raise InputRefused


def run(spec: Spec, axes: Axes, sample: tuple[int, ...], most: int = MAX_STEPS) -> SampleRun:
    """The run for an input whose sizes along ``axes`` are those of the sample, in so many steps. Raises TooLong."""
    sink, meter, tracker = _TraceStop(), Meter(limit=min(most, MAX_STEPS)), Tracker(sample)
    sizes = {place: size for places, size in zip(axes, tracker.sizes(), strict=True) for place in places}
    expansion = _Tracing(replace(spec, aux=()), sink, meter, tracker, sizes, _below(spec))
    try:
        graph = expansion.graph()
    except InputRefused:
        graph = None
    refusal = next(iter(sink), None)
    return SampleRun(sample, tracker.conditions, graph, refusal, meter.steps, tuple(expansion.reads.values()))


@lru_cache(maxsize=2)
def _below(spec: Spec) -> tuple[BaseNetwork, ...]:
    return networks_of(replace(spec, aux=()))


class _Tracing(Expander):
    """An expansion whose input has tracked sizes."""

    def __init__(
        self,
        spec: Spec,
        sink: Sink,
        meter: Meter,
        tracker: Tracker,
        sizes: dict[int, Tracked],
        below: tuple[BaseNetwork, ...],
    ) -> None:
        super().__init__(spec, sink, meter)
        self.below = below
        self.tracker = tracker
        self.sizes = sizes
        self.inferred = _ByTerms()
        self.reads: dict[Span, Read] = {}
        self.carrying: list[Layer] = []  # held, because what is inferred is known by the identity of the layer

    def inputs(self, context: Context) -> dict[str, Shape]:
        """The stated shapes with tracked sizes in them, counted over all inputs."""
        place = count()
        stated = super().inputs(context)
        return {name: Shape(self.sizes.get(next(place), size) for size in x) for name, x in stated.items()}

    def networks(self, context: Context) -> tuple[BaseNetwork, ...]:
        """What patches edit: the same whatever arrives."""
        return self.below

    def trunk(self, *given: Any) -> Flow:
        out = super().trunk(*given)
        self.tracker.closed = True  # what follows looks at the finished network and decides nothing by its sizes
        return out

    def layer(self, item: Item, *rest: Any, **more: Any) -> Flow:
        context = next(given for given in rest if isinstance(given, Context))
        self.tracker.span = context.place(item.span)
        return super().layer(item, *rest, **more)

    def likeness(self, *given: Any) -> None:
        """No block is copied: each line is to ask what it asks of the sizes."""
        return

    def refused(self, *given: Any, **more: Any) -> None:
        self.tracker.closed = True
        super().refused(*given, **more)

    def value(self, node: Node, context: Context, flow: Flow) -> Value:
        self.tracker.span = context.place(node.span)
        found = super().value(node, context, flow)
        self.note(node, context, flow, found)
        if isinstance(found, str) and isinstance(node, Scalar) and "$" in node.text:
            self.pin_words(node, context, flow)
        return found

    def note(self, node: Node, context: Context, flow: Flow, value: Value) -> None:
        """Writes down an expression that reads a size of the input, which the built network fixes."""
        if node.span in self.reads or not any(_reads_size(part, context, flow) for part in _scalars(node)):
            return
        self.reads[node.span] = Read(
            context.place(node.span), node.text if isinstance(node, Scalar) else node.span.text, in_yaml(_bare(value))
        )

    def pin_words(self, node: Scalar, context: Context, flow: Flow) -> None:
        """Sizes that are written into a text are known to it as digits alone."""
        written = template(node.text)
        for name in written.names if written else ():
            bare(context.env.get(name))
        for size in flow.shape or () if "in." in node.text else ():
            bare(size)

    def make(self, item: Item, name: str, arguments: Arguments, context: Context) -> Layer:
        """The layer; the sizes among its arguments, which pydantic takes for bare numbers, are put back into it."""
        made = super().make(item, name, arguments, context)
        update = {}
        for argument, given in arguments.items():
            if any(isinstance(value, Tracked) for value in _flat(given.value)):
                self.tracker.span = context.place(item.span)
                if argument in FOLLOWED and _is_whole(getattr(made, argument)):
                    update[argument] = self.admitted(made, argument, given.value)
                else:
                    list(map(bare, _flat(given.value)))
        if update:
            made = made.model_copy(update=update)
            self.carrying.append(made)
        return made

    @staticmethod
    def admitted(made: Layer, argument: str, value: Value) -> Value:
        """The value, on the condition that the argument takes it."""
        low = _least(type(made), argument)
        assert all(number is None or number >= low for number in _flat(value)), "pydantic has taken it"
        return value


class _ByTerms(dict[Any, Any]):
    """What is inferred for a layer and its shapes; tracked sizes are the same where their terms are."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_terms(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_terms(key), value)


def _terms(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_terms, value))
    return value.term if isinstance(value, Tracked) else value


def _least(layer: type[Layer], argument: str) -> int:
    """The smallest whole number that an argument takes."""
    field = layer.model_fields[argument]
    whole: Any = field.annotation
    for extra in field.metadata:
        whole = Annotated[whole, extra]
    kinds = [bounds_of(kind) for kind in alternatives(whole)]
    lowest: int = min(bounds.get("ge", -MAX_SIZE) for base, bounds in kinds if base is int)
    return lowest


def _scalars(node: Node) -> Iterator[Scalar]:
    """The expressions in a value."""
    if isinstance(node, Scalar):
        if "$" in node.text:
            yield node
    elif isinstance(node, Seq):
        for item in node.items:
            yield from _scalars(item)


def _reads_size(node: Scalar, context: Context, flow: Flow) -> bool:
    """Whether an expression reads a tracked size: of what arrives at its line, or through a param."""
    written = template(node.text)
    names = written.names if written else set()
    if any(isinstance(value, Tracked) for name in names for value in _flat(context.env.get(name))):
        return True
    words = [word for word in SIZE_WORDS if f"in.{word}" in node.text]
    return flow.shape is not None and any(isinstance(getattr(flow.shape, word), Tracked) for word in words)


def _bare(value: Value) -> Value:
    """A value without what its sizes note."""
    if isinstance(value, tuple):
        return tuple(map(_bare, value))
    return int.__index__(value) if isinstance(value, Tracked) else value


def _flat(value: Value) -> Iterator[Any]:
    yield from value if isinstance(value, tuple) else (value,)


def _is_whole(value: Any) -> bool:
    return all(type(inner) is int or inner is None for inner in _flat(value))
