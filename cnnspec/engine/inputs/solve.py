"""Spec -> Inputs: the answer out of the map of all that inputs can meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from cnnspec.engine.diagnostics import Diagnostic, Sink, Span, SpecError, listing
from cnnspec.engine.inputs.answer import Constraint, Inputs, at, smallest, together
from cnnspec.engine.inputs.built import Built
from cnnspec.engine.inputs.explore import Piece, SizeMap, explore
from cnnspec.engine.inputs.function import TooLong
from cnnspec.engine.inputs.region import Region
from cnnspec.engine.inputs.trace import Axes, Read
from cnnspec.engine.inputs.tracked import Condition
from cnnspec.engine.inputs.weights import weights
from cnnspec.engine.inputs.words import axis_names
from cnnspec.engine.layers import Shape
from cnnspec.engine.network import Graph, expand
from cnnspec.engine.spec import Spec
from cnnspec.engine.syntax import Meter


def solve(spec: Spec) -> Inputs:
    """Which inputs a spec accepts under its variant and settings, in place of the one that it states.

    None is accepted where something is wrong with the spec whatever the input. Raises SpecError where no input is
    stated, so that there is nothing to vary.
    """
    sink = Sink()
    graph = expand(spec, sink)
    if graph is None or not graph.input:
        raise SpecError(sink.in_order())
    stated = together(graph.inputs)
    names, axes = axes_of(graph.inputs)
    found = explore(spec, axes, tuple(stated[places[0]] for places in axes))
    accepted = found.whole
    try:
        constraints = _constraints(found, accepted, stated)
    except TooLong:
        constraints = ()
    layers, fits = weights(found)
    built, taken = _as_built(spec, graph, found, fits)
    return Inputs(
        spec=spec,
        names=names,
        axes=axes,
        stated=stated,
        accepted=taken.whole if taken else accepted,
        unknown=taken.unknown if taken else found.unknown,
        constraints=constraints,
        unfollowed=_unfollowed(found),
        weights=layers,
        fits=fits,
        restated=accepted,
        restated_unknown=found.unknown,
        fixed=_reads(found) if built else (),
        built=built,
    )


def _reads(found: SizeMap) -> tuple[Read, ...]:
    """The expressions that read a size of the stated input."""
    own = found.piece(found.stated)
    return own.run.reads if own is not None else ()


def _as_built(spec: Spec, graph: Graph, found: SizeMap, fits: Region | None) -> tuple[Built | None, SizeMap | None]:
    """The network as it is built and what it takes; nothing where no expression reads a size, or none changes it.

    ``fits`` are the inputs for which the weights are the same.
    """
    own = found.piece(found.stated)
    if own is None or own.run.refusal is not None or not own.run.reads:
        return None, None
    built = Built(graph)
    taken = built.explore(spec, found.axes, found.stated)
    return (built, taken) if taken.unknown or found.unknown or _differ(taken.whole, found.whole, fits) else (None, None)


def _differ(taken: Region, accepted: Region, fits: Region | None) -> bool:
    """Whether a network takes other inputs than those for which the spec builds one with the same weights."""
    try:
        same = accepted if fits is None else accepted & fits
        return not (taken <= same and same <= taken)
    except TooLong:
        return True


def least(inputs: Mapping[str, Shape], spec: Spec, meter: Meter) -> tuple[Shape | None, bool]:
    """The smallest input that is known to be accepted once a meter is spent, and whether all inputs are known."""
    stated = together(inputs)
    _, axes = axes_of(inputs)
    try:
        found = explore(spec, axes, tuple(stated[places[0]] for places in axes), meter.left)
        meter.steps += sum(piece.run.steps for piece in found.pieces) if not found.unknown else meter.left
        sizes = smallest(found.whole)
    except TooLong:
        return None, False
    return at(stated, axes, sizes) if sizes else None, not found.unknown


def axes_of(inputs: Mapping[str, Shape]) -> tuple[tuple[str, ...], Axes]:
    """The sizes that vary, by name and by place among all sizes: of each input those behind its channels.

    Inputs that state equal sizes vary together, as an image and its mask do.
    """
    places: dict[tuple[tuple[int, ...], str], list[int]] = {}
    owners: dict[tuple[int, ...], list[str]] = {}
    first = 0
    for name, shape in inputs.items():
        words = axis_names(len(shape))
        first += len(shape)
        sizes = tuple(shape[-len(words) :])
        owners.setdefault(sizes, []).append(name)
        for place, word in enumerate(words, first - len(words)):
            places.setdefault((sizes, word), []).append(place)
    alike = len(owners) == 1
    names = [word if alike else f"{word} of {listing(owners[sizes])}" for sizes, word in places]
    return tuple(names), tuple(map(tuple, places.values()))


@dataclass(frozen=True, slots=True)
class _Bound:
    """A condition of an accepted run that bounds what is accepted, and what is said to an input that fails it."""

    condition: Condition
    refusal: Diagnostic
    sample: tuple[int, ...]

    @property
    def line(self) -> tuple[Span, str]:
        return self.refusal.span, self.refusal.code


def _constraints(found: SizeMap, accepted: Region, stated: Shape) -> tuple[Constraint, ...]:
    """The conditions that bound what is accepted, those of one line together, in order of the lines."""
    refused = ~accepted - found.unknown
    bounds = [(piece, tuple(_bounds(found, piece, refused))) for piece in found.accepted]
    first = {bound.line: bound for _, some in bounds for bound in reversed(some)}
    constraints = [
        Constraint(inputs, *line, bound.refusal.message, at(stated, found.axes, bound.sample))
        for line, bound in first.items()
        if ~(inputs := (_met(line, bounds, len(found.axes)) - _refused_at(found, line)).merged())
    ]
    return tuple(sorted(constraints, key=lambda c: (c.span.source.name, c.span.line, c.span.column)))


def _bounds(found: SizeMap, piece: Piece, refused: Region) -> Iterator[_Bound]:
    """The conditions of an accepted run without which more would be accepted."""
    kept = [condition for condition in piece.run.conditions if condition.others & refused]
    for condition in list(kept):
        if not _failing(condition, kept) & refused:
            kept.remove(condition)  # those of other lines leave nothing to it
    for condition in kept:
        met = found.piece((_failing(condition, kept) & refused).nearest(found.stated))
        if met is not None and met.run.refusal is not None:
            yield _Bound(condition, met.run.refusal, met.run.sample)


def _failing(condition: Condition, kept: Iterable[Condition]) -> Region:
    """The inputs that fail one condition alone."""
    left = condition.others
    for other in kept:
        if other is not condition:
            left &= other.inputs
    return left


def _refused_at(found: SizeMap, line: tuple[Span, str]) -> Region:
    """The inputs that a line refuses. Where ways part, what one asks does not tell of those that take another."""
    regions = (p.region for p in found.pieces if p.run.refusal and (p.run.refusal.span, p.run.refusal.code) == line)
    return reduce(or_, regions, Region(len(found.axes), ()))


def _met(line: tuple[Span, str], bounds: Sequence[tuple[Piece, tuple[_Bound, ...]]], rank: int) -> Region:
    """The inputs that meet a line's conditions. Where ways part, each has its own, and holds for those that take it."""
    met = Region(rank, ())
    for piece, some in bounds:
        here = Region.whole(rank)
        for bound in some:
            here &= bound.condition.inputs if bound.line == line else here
        if len(bounds) > 1:
            bounding = [bound.condition for bound in some]
            for condition in piece.run.conditions:
                here &= condition.inputs if condition not in bounding else here
        met |= here
    return met.merged()


def _unfollowed(found: SizeMap) -> tuple[Span, ...]:
    """The lines at which a size could not be followed."""
    pins = [c.span for piece in found.pieces for c in piece.run.conditions if c.pinned and c.others and c.span]
    return tuple(dict.fromkeys(pins))
