"""Element -> Drawing: chains downwards, branches side by side, what stands in place in a frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cnnspec.emit.diagram import frame
from cnnspec.emit.diagram.branches import side_by_side
from cnnspec.emit.diagram.card import box, single, widest
from cnnspec.emit.diagram.drawing import IDENTITY, Drawing
from cnnspec.emit.diagram.keys import joined
from cnnspec.emit.diagram.label import SYMBOLS
from cnnspec.emit.diagram.metrics import cut
from cnnspec.emit.diagram.stack import Stack
from cnnspec.emit.diagram.tangle import column
from cnnspec.emit.diagram.text import Text, said
from cnnspec.emit.diagram.tree import Box, Element, Group, Parallel, Repeat, Series, Tangle

Known = dict[tuple[Element, float, bool], Drawing]


@dataclass(frozen=True)
class Placer:
    """``framed``: whether groups have frames. ``width`` is that of all boxes of a chain.

    ``known`` keeps what is drawn, for pages that are tried with the same elements in other columns.
    """

    framed: bool
    width: float = 0
    known: Known = field(default_factory=dict, repr=False)

    def series(self, series: Series) -> Drawing:
        """Parts under one another, all boxes of one width."""
        if not series.parts:
            return IDENTITY
        placer = replace(self, width=max(self.width, widest(series)))
        stack = Stack()
        for i, part in enumerate(series.parts):
            stack.add(placer.element(part), tapped=bool(series.taps_at(i)))
        return stack.drawing([(at, self.alone().series(tap)) for at, tap in series.taps])

    def alone(self) -> Placer:
        """For what stands beside others: without frames, as narrow as it can be."""
        return replace(self, framed=False, width=0)

    def element(self, element: Element) -> Drawing:
        key = (element, self.width, self.framed)
        if key not in self.known:
            self.known[key] = self._drawn(element)
        return self.known[key]

    def _drawn(self, element: Element) -> Drawing:
        match element:
            case Box():
                return box(element, self.width)
            case Series():
                return self.series(element)
            case Group():
                return self._group(element)
            case Repeat():
                return self._repeat(element)
            case Parallel():
                return self._parallel(element)
            case Tangle():
                return column(element, [self.alone().element(part) for part in element.parts])
        raise AssertionError(f"{type(element).__name__} is not drawn")

    def _group(self, group: Group) -> Drawing:
        inner = self.series(group.body)
        title = group.note or (joined(group.key) if self.framed else "")
        return frame.group(inner, cut(title)) if title else inner

    def _repeat(self, repeat: Repeat) -> Drawing:
        """A single box with sheets behind it; else a frame."""
        times, one = said(repeat.times), single(repeat)
        drawing = box(one, self.width, times) if one else frame.repeat(self.series(repeat.body), times)
        return replace(drawing, out=repeat.gives)

    def _parallel(self, parallel: Parallel) -> Drawing:
        drawn = [self.alone().series(branch) for branch in parallel.branches]
        into = None if parallel.into is None else self.element(parallel.into)
        return side_by_side(drawn, into, _quiet(parallel.into))


def _quiet(into: Element | None) -> Text:
    """The shape that goes without saying in the branches of a join of equal shapes: its own."""
    equal = isinstance(into, Box) and said(into.text) in (SYMBOLS["Add"], SYMBOLS["Multiply"])
    return into.out if into and equal else ()
