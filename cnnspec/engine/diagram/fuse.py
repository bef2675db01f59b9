"""A convolution or linear layer with its normalisation, activation and dropout: one box, as papers draw it.

conv · BN · ReLU         the small ones below the layer
BN · ReLU · conv         above it, where a chain begins with a normalisation and ends with a layer
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cnnspec.engine.diagram.kinds import MAIN, NORM
from cnnspec.engine.diagram.text import ACTIVATION, Number, Text
from cnnspec.engine.diagram.tree import Box, Element, Series

MOST = 6  # layers in one box


def fused(series: Series) -> Series:
    """The chain with fewer boxes. Nothing is fused across a place where a side branch begins."""
    parts: list[Element] = []
    places = {0: 0}
    for start, end in _runs(series):
        run = series.parts[start:end]
        parts += _fused([part for part in run if isinstance(part, Box)]) if _fusable(run[0]) else run
        places[end] = len(parts)
    return Series(tuple(parts), tuple((places[at], tap) for at, tap in series.taps))


def _fusable(part: Element) -> bool:
    return isinstance(part, Box) and (part.small or part.kind in MAIN)


def _runs(series: Series) -> Iterator[tuple[int, int]]:
    """Where runs of boxes that can be fused begin and end; every other part is alone."""
    tapped = {at for at, _ in series.taps}
    start = 0
    for i, part in enumerate(series.parts):
        if i > start and (i in tapped or not _fusable(part) or not _fusable(series.parts[i - 1])):
            yield start, i
            start = i
    if series.parts:
        yield start, len(series.parts)


def _fused(run: Sequence[Box]) -> Sequence[Element]:
    mains = [i for i, box in enumerate(run) if not box.small]
    ends = [*mains[1:], len(run)]
    if mains and _is_norm(run[0]) and not run[-1].small:
        ends = [_next(run, start, end) for start, end in zip(mains, ends, strict=True)]
    starts = [0, *ends[:-1]]
    if max(end - start for start, end in zip(starts, ends, strict=True)) > MOST:
        return run
    around = _around if mains else _chain
    return [around(run[start:end]) for start, end in zip(starts, ends, strict=True)]


def _next(run: Sequence[Box], start: int, end: int) -> int:
    """Where what belongs to the next layer begins: the first normalisation behind one."""
    return next((i for i in range(start + 1, end) if _is_norm(run[i])), end)


def _is_norm(box: Box) -> bool:
    return box.kind == NORM and not any(isinstance(part, Number) and part.sort == ACTIVATION for part in box.text)


def _around(run: Sequence[Box]) -> Box:
    """One layer with what stands before and behind it."""
    place = next(i for i, box in enumerate(run) if not box.small)
    box = run[place]
    return replace(
        box,
        above=_line(*(small.text for small in run[:place]), box.above),
        below=_line(box.below, *(small.text for small in run[place + 1 :])),
        gives=run[-1].gives,
        count=sum(box.count for box in run),
    )


def _chain(run: Sequence[Box]) -> Box:
    return replace(
        run[0], text=_line(*(box.text for box in run)), gives=run[-1].gives, count=sum(box.count for box in run)
    )


def _line(*texts: Text) -> Text:
    line: Text = ()
    for text in filter(None, texts):
        line = (*line, " · ", *text) if line else text
    return line
