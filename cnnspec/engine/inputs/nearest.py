"""The accepted inputs nearest to one that is refused because its sizes do not divide: 650×480 → 640×480 or 672×480."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic, Edit, Repair, Sink, a, listing
from cnnspec.engine.inputs.answer import at, together
from cnnspec.engine.inputs.explore import SizeMap, explore
from cnnspec.engine.inputs.function import TooLong
from cnnspec.engine.inputs.region import Box
from cnnspec.engine.inputs.sizes import Sizes, sizes
from cnnspec.engine.inputs.solve import axes_of
from cnnspec.engine.layers import Shape
from cnnspec.engine.network import expand
from cnnspec.engine.spec import Spec
from cnnspec.engine.syntax import Seq

STEPS = 200_000  # of the meter: a fifth of a second, in a check that has failed
MOST_TIMES = 4  # a size is near that is at most so many times the stated one


class Nearest(Struct, frozen=True):
    """``words`` say what is accepted and which sizes are nearest; ``inputs`` are these, the smaller first."""

    words: str
    inputs: tuple[Shape, ...]


def repaired(spec: Spec, diagnostic: Diagnostic) -> tuple[str, tuple[Repair, ...]] | None:
    """The help and the repairs of a refusal that other inputs do not meet; None where the input is not the cause."""
    near = nearest(spec, diagnostic)
    if near is None:
        return None
    return near.words, tuple(_edits(spec, near))


def nearest(spec: Spec, diagnostic: Diagnostic) -> Nearest | None:
    """The nearest inputs for which a spec does not meet a refusal; only those count of which there is no end."""
    graph = expand(spec, Sink())
    if graph is None or not graph.input:
        return None
    stated = together(graph.inputs)
    names, axes = axes_of(graph.inputs)
    own = tuple(stated[places[0]] for places in axes)
    try:
        found = explore(spec, axes, own, STEPS)
        box = _box(found, own, diagnostic)
    except TooLong:
        return None
    if box is None:
        return None
    near = list(dict.fromkeys(_beside(box, own)))
    if any(size > MOST_TIMES * n for some in near for size, n in zip(some, own, strict=True)):
        return None
    return Nearest(_words(box, names, own, near), tuple(at(stated, axes, some) for some in near))


def _box(found: SizeMap, own: tuple[int, ...], diagnostic: Diagnostic) -> Box | None:
    """The accepted sizes nearest to the stated ones, if it is this refusal that they meet."""
    piece = found.piece(own)
    refusal = piece.run.refusal if piece is not None else None
    if refusal is None or (refusal.code, refusal.span) != (diagnostic.code, diagnostic.span):
        return None
    endless = [box for box in found.whole.boxes if not any(some.is_finite for some in box)]
    plain = [tuple(map(_multiples, box)) for box in endless]
    return min(plain, key=lambda box: sum(abs(s.nearest(n) - n) for s, n in zip(box, own, strict=True)), default=None)


def _multiples(found: Sizes) -> Sizes:
    """The multiples of a number, where all of them from some size up are in a set; else the set."""
    for number in range(2, found.period + 1):
        if found.period % number == 0 and all(found.cycle >> rest & 1 for rest in range(0, found.period, number)):
            return found & sizes(0, 1, number, 1)
    return found


def _beside(box: Box, own: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The sizes below and above those that are not accepted."""
    below = [n if n in some else some.below(n) for some, n in zip(box, own, strict=True)]
    above = [n if n in some else some.above(n) for some, n in zip(box, own, strict=True)]
    if all(size is not None for size in below):
        yield tuple(size for size in below if size is not None)
    yield tuple(above)


def _words(box: Box, names: Sequence[str], own: tuple[int, ...], near: Sequence[tuple[int, ...]]) -> str:
    """``use a multiple of 32: 640 or 672``."""
    wrong = [axis for axis, (some, n) in enumerate(zip(box, own, strict=True)) if n not in some]
    kinds = {box[axis] for axis in wrong}
    square = len(wrong) == len(own) and all(len(set(some)) == 1 for some in near)
    if len(kinds) > 1:
        asked = [f"{_kind(box[axis])} for the {names[axis]}" for axis in wrong]
    else:
        asked = [_kind(kinds.pop())]
        asked[0] += "" if len(wrong) == len(own) else f" for the {names[wrong[0]]}"
    shown = [str(some[0]) if square or len(wrong) == 1 == len(own) else "×".join(map(str, some)) for some in near]
    return f"use {listing(asked)}: {listing(shown, 'or')}"


def _kind(found: Sizes) -> str:
    """``a multiple of 32``, where a set is of such."""
    if found.cycle == 1 and found.period > 1:
        return "an even size" if found.period == 2 else a(f"multiple of {found.period}")
    return "a size that fits"


def _edits(spec: Spec, near: Nearest) -> Iterator[Repair]:
    """The input written anew, where one is stated in the text by its sizes."""
    node = spec.input
    if not isinstance(node, Seq) or spec.input_override is not None:
        return
    if any("$" in item.span.text for item in node.items):
        return
    for number, shape in enumerate(near.inputs):
        text = f"[{', '.join(map(str, shape))}]"
        words = f"{near.words.partition(':')[0]}: `input: {text}`" if number == 0 else f"`input: {text}`"
        yield Repair(words, (Edit(node.span, text),))
