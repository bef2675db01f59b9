"""Element -> Drawing: chains downwards, branches side by side, what stands in place in a frame.

Group      a frame with its name          Repeat   a card with sheets behind it, or a dashed frame with ×3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from cnnspec.emit.diagram.branches import side_by_side
from cnnspec.emit.diagram.drawing import IDENTITY, Drawing
from cnnspec.emit.diagram.kinds import AUX, END, JOIN, PORT
from cnnspec.emit.diagram.metrics import cut, width
from cnnspec.emit.diagram.panel import joined
from cnnspec.emit.diagram.scene import NORMAL, SMALL, Card, Dot, Frame, Words, straight
from cnnspec.emit.diagram.stack import Stack
from cnnspec.emit.diagram.tangle import column
from cnnspec.emit.diagram.text import Text, said
from cnnspec.emit.diagram.tree import Box, Element, Group, Parallel, Repeat, Series, Tangle

MARGIN = 12  # of text in a box, on both sides
LINE, LITTLE = 18.0, 14.0  # heights of lines
PADDING = 12.0  # above and below them, together
NARROWEST = 64
ROUND = 20.0  # height of joins
PILL = 24.0  # height of inputs and outputs
INSET, HEADING = 10.0, 20.0  # of what stands in a frame
CORNER = 8.0  # of words in a corner of a frame
SHEET = 4.0
PLAIN = 12.0  # size of text in pills


@dataclass(frozen=True)
class Placer:
    """``framed``: whether groups have frames. ``width`` is that of all boxes of a chain."""

    framed: bool
    width: float = 0

    def series(self, series: Series) -> Drawing:
        """Parts under one another, all boxes of one width."""
        if not series.parts:
            return IDENTITY
        placer = replace(self, width=max(self.width, widest(series)))
        stack = Stack()
        for i, part in enumerate(series.parts):
            stack.add(placer.element(part), bool(series.taps_at(i)))
        return stack.drawing([(at, self.alone().series(tap)) for at, tap in series.taps])

    def alone(self) -> Placer:
        """For what stands beside others: without frames, as narrow as it can be."""
        return Placer(framed=False)

    def element(self, element: Element) -> Drawing:
        match element:
            case Box():
                return box(element, self.width)
            case Series():
                return self.series(element)
            case Group():
                return self.group(element)
            case Repeat():
                return self.repeat(element)
            case Parallel():
                return self.parallel(element)
            case Tangle():
                return column(element, [self.alone().element(part) for part in element.parts])
        raise AssertionError(f"{type(element).__name__} is not drawn")

    def group(self, group: Group) -> Drawing:
        inner = self.series(group.body)
        if group.note:
            return _framed(inner, "group", cut(group.note))
        return _framed(inner, "group", cut(joined(group.key))) if self.framed else inner

    def repeat(self, repeat: Repeat) -> Drawing:
        """A single box with sheets behind it; else a frame."""
        times = said(repeat.times)
        one = single(repeat)
        drawing = box(one, self.width, times) if one else _framed(self.series(repeat.body), "repeat", "", times)
        return replace(drawing, out=repeat.gives)

    def parallel(self, parallel: Parallel) -> Drawing:
        drawn = [self.alone().series(branch) for branch in parallel.branches]
        into = parallel.into
        quiet: Text = ()
        if isinstance(into, Box) and into.text in (("+",), ("×",)):
            quiet = into.gives
        return side_by_side(drawn, into and self.element(into), quiet)


def box(box: Box, least: float = 0, times: str = "") -> Drawing:
    """A layer, a join, an end; with ``times``, one of several copies."""
    if box.kind == PORT:
        return Drawing(3, 3, 6, (Dot(0, 3, 3),), (((0, 0),),), (((0, 6),),), out=box.gives)
    card = _pill(box) if box.kind in (JOIN, END, AUX) else _card(box, least, times)
    bottom = card.y + card.height
    return Drawing(card.width / 2, card.width / 2, bottom, (card,), (((0, 0),),), (((0, bottom),),), out=box.gives)


def widest(series: Series) -> float:
    """The width of the widest box on the axis of a chain."""
    return max((_width_of(part) for part in series.parts), default=0)


def _width_of(part: Element) -> float:
    if isinstance(part, Repeat):
        one = single(part)
        return _width(one, said(part.times)) if one else widest(part.body)
    if isinstance(part, Group):
        return widest(part.body)
    return _width(part) if isinstance(part, Box) and part.kind not in (JOIN, END, AUX, PORT) else 0


def single(repeat: Repeat) -> Box | None:
    """The one box that is repeated, where it is but one."""
    first = repeat.body.parts[0]
    return first if len(repeat.body.parts) == 1 and isinstance(first, Box) and not repeat.body.taps else None


def _lines(box: Box) -> list[tuple[str, float]]:
    """The lines of a box, each with its size."""
    texts = ((box.above, SMALL), (box.text, NORMAL), (box.below, SMALL))
    return [(cut(said(text)), size) for text, size in texts if text]


def _width(box: Box, times: str = "") -> float:
    """An even number of pixels, so that its middle is one."""
    needed = max(width(text, size, _bold(size)) for text, size in _lines(box))
    beside = width(times, NORMAL, bold=True) + MARGIN / 2 if times else 0
    return max(NARROWEST, 2 * ceil((needed + 2 * beside) / 2 + MARGIN))


def _bold(size: float) -> bool:
    return False


def _card(box: Box, least: float, times: str) -> Card:
    lines = _lines(box)
    wide = max(least, _width(box, times))
    high = PADDING + sum(LINE if size == NORMAL else LITTLE for _, size in lines)
    top = SHEET if times else 0.0
    words = []
    y = top + PADDING / 2
    for text, size in lines:
        step = LINE if size == NORMAL else LITTLE
        words.append(Words(0, y + step / 2 + size * 0.36, text, size, "middle"))
        y += step
    if times:
        words.append(Words(wide / 2 - MARGIN / 2, top + high / 2 + NORMAL * 0.36, times, NORMAL, "end", bold=True))
    return Card(-wide / 2, top, wide, high, box.kind, tuple(words), about(box), sheets=1 if times else 0)


def _pill(box: Box) -> Card:
    """A circle where one sign stands in it."""
    lines = [(cut(said(text)), size) for text, size in ((box.text, PLAIN), (box.below, SMALL)) if text]
    high = ROUND if box.kind == JOIN else PILL + LITTLE * (len(lines) - 1)
    wide = 2 * ceil(max(width(text, size) for text, size in lines) / 2 + MARGIN)
    words = []
    for i, (text, size) in enumerate(lines):
        middle = high / 2 + LITTLE * (i - (len(lines) - 1) / 2)
        words.append(Words(0, middle + size * 0.36, text, size, "middle"))
    wide = high if len(lines[0][0]) == 1 and box.kind == JOIN else wide
    return Card(-wide / 2, 0, wide, high, box.kind, tuple(words), about(box), round=True)


def about(box: Box) -> str:
    """What is told when a pointer rests on a box: the keys of its layers."""
    return joined(box.key)


def _framed(inner: Drawing, style: str, title: str, times: str = "") -> Drawing:
    """In a frame with words in its upper corners, beside the line that comes in."""
    words = [Words(0, 15, title, soft=True)] if title else []
    counts = [Words(0, 16, times, NORMAL, "end", bold=True)] if times else []
    left = max(inner.left + INSET, *(ceil(one.width) + 2 * CORNER for one in (*words, Words(0, 0, ""))))
    right = max(inner.right + INSET, *(ceil(one.width) + 2 * CORNER for one in (*counts, Words(0, 0, ""))))
    body = inner.moved(0, HEADING)
    high = body.height + INSET
    corners = [one.moved(CORNER - left, 0) for one in words] + [one.moved(right - CORNER, 0) for one in counts]
    frame = Frame(-left, 0, left + right, high, style)  # type: ignore[arg-type]
    top, end = ((0.0, 0.0),), ((0.0, high),)
    return Drawing(
        left,
        right,
        high,
        (frame, *body.things, *corners),
        tuple(straight(top, path) for path in body.entries),
        tuple(straight(path, end) for path in body.exits),
        tuple(straight(top, path, end) for path in body.passes),
        inner.out,
    )


__all__ = ["Placer", "Sequence", "about", "box", "widest"]
