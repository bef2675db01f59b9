"""Where the value of an argument is written: in its own line, or in the call of a block that the value comes through.

- Outer: {width: 32}                 ◄── written here
Outer: - Inner: {c: $width}          a call on the way
Inner: - Conv2d: {out_channels: $c}  the line of the layer
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cnnspec.engine.diagnostics import Span
from cnnspec.engine.network.control_path import ControlPath
from cnnspec.engine.network.graph import Node
from cnnspec.engine.spec import Arguments, Block, Item
from cnnspec.engine.syntax import Entry, ExpressionError, Map, Scalar, Seq, template
from cnnspec.engine.syntax import Node as Text

READS_INPUT = "in."


class BlockCall(Struct, frozen=True, eq=False):
    """The line that calls a block, with the arguments that it gives and the loops that it stands in."""

    block: Block
    item: Item
    given: Arguments
    way: ControlPath

    def __eq__(self, other: object) -> bool:
        """Calls in one line are alike: how a line was reached is compared by frames, which hold them."""
        return isinstance(other, BlockCall) and self.item.span == other.item.span

    def __hash__(self) -> int:
        return hash(self.item.span)


class WrittenCall(Struct, frozen=True):
    """``lines`` are the layer's line, then the calls of blocks that lead to it; ``spans`` are what is shown of them.

    ``spans[place]`` holds the value. ``blocks`` are the blocks that the lines stand in, all but the last, which is the
    network's own. ``follows_input`` where the value is computed from the shape that arrives.
    """

    spans: tuple[Span, ...]
    lines: tuple[Span, ...] = ()
    blocks: tuple[str, ...] = ()
    place: int = 0
    follows_input: bool = False

    @property
    def through(self) -> tuple[Span, str] | None:
        """The innermost line of the user's own that hands the value on, and its block."""
        lines = zip(self.spans[: self.place], self.blocks, strict=False)
        return next(((span, block) for span, block in lines if not span.source.shipped and span != self.span), None)

    @property
    def span(self) -> Span:
        """Where the value is written; of a line of a built-in block, the call of the user's own."""
        own = [span for span in self.spans[self.place :] if not span.source.shipped]
        return own[0] if own else self.spans[self.place]

    def outside(self, lines: Collection[Span], around: Collection[Span]) -> WrittenCall:
        """The innermost call from here outwards whose line is not among others, and none of those ``around`` it all."""
        place = self.place
        while place + 1 < len(self.lines) and self.lines[place] in lines and self.lines[place + 1] not in around:
            place += 1
        return replace(self, place=place)

    def at_line(self) -> WrittenCall:
        """The layer's line in place of the argument in it."""
        return replace(self, spans=(*self.lines[:1], *self.spans[1:]))


def written(node: Node, names: Sequence[str]) -> WrittenCall:
    """Where the first of the named arguments that a layer's line states is written; without one, the line."""
    calls = [frame.call for frame in node.trace or () if isinstance(frame.call, BlockCall)]
    blocks = tuple([call.block.name.text for call in calls])
    lines = (node.item.span, *(call.item.span for call in calls))
    stated = [found for name in names if node.item.args and (found := node.item.args.entry(name))]
    if not stated:
        return WrittenCall(lines, lines, blocks)
    entry = next((entry for entry in stated if _names(entry.value)), stated[0])
    search = _CallSearch(entry, node.control_path, calls)
    search.run()
    spans, place = search.spans, len(search.spans) - 1
    follows = isinstance(search.entry.value, Scalar) and READS_INPUT in search.entry.value.text
    return WrittenCall((*spans, *lines[len(spans) :]), lines, blocks, place, follows)


class _CallSearch:
    """Follows an argument through params of blocks and names of loops, from the layer's line outwards."""

    def __init__(self, entry: Entry, way: ControlPath, calls: Sequence[BlockCall]) -> None:
        self.entry, self.way, self.calls = entry, way, calls
        self.element: int | None = None  # which of a list's elements is asked for
        self.spans = [entry.span]

    def run(self) -> None:
        node: Text | None = self.entry.value
        while node is not None and (names := _names(node)):
            node = self.loop(names) or self.call(names)
        if isinstance(node, Seq) and self.element is not None and self.element < len(node.items):
            self.spans[-1] = node.items[self.element].span

    def loop(self, names: set[str]) -> Text | None:
        """The list that a loop around the line walks."""
        for turn in reversed(self.way.rounds):
            if isinstance(turn.loop, Map):
                entry = next((entry for entry in turn.loop if entry.key.text in names), None)
                if entry is not None:
                    self.element = turn.number
                    self.spans[-1] = self.spans[-1] if len(self.spans) == 1 and _names(entry.value) else entry.span
                    self.entry, self.way = entry, ControlPath()
                    return entry.value
        return None

    def call(self, names: set[str]) -> Text | None:
        """The argument of the call that gives one of the names, a param of the block."""
        if len(self.spans) > len(self.calls):
            return None
        call = self.calls[len(self.spans) - 1]
        name = next((name for name in call.given if name in names), None)
        if name is None and not names & call.block.params.keys():
            return None  # names of a `repeat`: the line itself counts
        if name is None:
            self.spans.append(call.item.span)  # a default: the call that leaves it is where another is given
            return None
        self.entry, self.way = call.given[name].entry, call.way
        self.spans.append(self.entry.span)
        return self.entry.value


def _names(node: Text | None) -> set[str]:
    """The names that a value reads."""
    if isinstance(node, Seq):
        return set().union(*map(_names, node.items))
    if not isinstance(node, Scalar) or "$" not in node.text:
        return set()
    try:
        found = template(node.text)
    except ExpressionError:
        return set()
    return found.names if found else set()
