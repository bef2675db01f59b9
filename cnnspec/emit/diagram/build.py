"""Graph -> Figure: the overview, and a panel for each block that is drawn once.

    Scope ──► elements and who takes from whom ──► Series (arrange) ──► fused, folded
          ──► blocks that come once and are plain are drawn in place; each other form gets a panel

A chain of few parts is a Group and stands where it is, however often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cnnspec.emit.diagram.arrange import SOURCE, Wiring
from cnnspec.emit.diagram.fold import folded
from cnnspec.emit.diagram.fuse import fused
from cnnspec.emit.diagram.inline import in_place
from cnnspec.emit.diagram.kinds import AUX, END, is_small, kind
from cnnspec.emit.diagram.label import label
from cnnspec.emit.diagram.text import Text, shape_text
from cnnspec.emit.diagram.tree import Block, Box, Element, Series
from cnnspec.network import INPUT, Graph, Node, Scope
from cnnspec.network.graph import Aux

ROOM = 14  # levels of blocks and branches; what is further in is not opened


@dataclass(frozen=True)
class Builder:
    """``depth``: how many levels of blocks are opened; None: all."""

    graph: Graph
    depth: int | None = None

    def overview(self) -> Series:
        """The whole network, its blocks in it."""
        starts: list[Element] = [_end(name, shape_text(shape)) for name, shape in self.graph.inputs.items()]
        made = {INPUT - i: i for i in range(len(starts))}
        return in_place(self._chain(self.graph.root, starts, made, 0, self._ends()))

    def _ends(self) -> list[tuple[int, Box]]:
        """What the network gives, the last of it behind all others, and what its aux heads give."""
        given = dict(self.graph.outputs) or {"output": self.graph.root.output}
        heads = [(head.value, _head(head)) for head in self.graph.aux]
        ends = [(value, _end(name, ())) for name, value in given.items()]
        return [*heads, *sorted(ends, key=lambda end: end[0])]

    def _chain(
        self,
        scope: Scope,
        parts: list[Element],
        made: dict[int, int],
        level: int,
        ends: Sequence[tuple[int, Box]] = (),
    ) -> Series:
        """The lines of a scope behind its inputs. ``made``: which part makes a value; else it comes from outside."""
        feeds: list[tuple[int, ...]] = [(SOURCE,)] * len(parts)
        for child in scope.children:
            if isinstance(child, Scope) and not any(child.leaves()):
                continue
            value = child.output if isinstance(child, Scope) else child.index
            feeds.append(tuple(made.get(feed, SOURCE) for feed in child.inputs))
            if not isinstance(child, Scope) or value not in child.inputs:
                made[value] = len(parts)
            parts.append(self._element(child, level))
        for value, end in ends:
            feeds.append((made.get(value, SOURCE),))
            parts.append(end)
        sink = len(parts) - 1 if ends else made.get(scope.output, SOURCE)
        return Wiring(parts, feeds, tidied, max(0, ROOM - level)).arranged(sink)

    def _element(self, child: Node | Scope, level: int) -> Element:
        return self._box(child) if isinstance(child, Node) else self._block(child, level)

    def _box(self, node: Node) -> Box:
        box = Box(kind(node.type), label(node), shape_text(node.shape), (node.key, node.key), small=is_small(node.type))
        return _noted(box, self._note(node.key, node.again))

    def _block(self, scope: Scope, level: int) -> Element:
        """A block; if it is but one box, that box."""
        shapes = [shape_text(self.graph.shape(value)) for value in scope.inputs]
        several = len(shapes) > 1
        starts: list[Element] = [_end(f"input {i}", shape) for i, shape in enumerate(shapes, 1)] if several else []
        made = {value: i for i, value in enumerate(scope.inputs)} if several else {}
        note = self._note(scope.key, all(node.again for node in scope.leaves()))
        body = self._chain(scope, starts, made, level + 1)
        if len(body.parts) == 1 and isinstance(body.parts[0], Box) and not body.taps:
            return _noted(body.parts[0], note)
        out = shape_text(self.graph.shape(scope.output))
        closed = level + 1 == self.depth or level >= ROOM
        return Block(scope.type, (scope.key, scope.key), tuple(shapes), body, out, closed, note)

    def _note(self, key: str, again: bool) -> str:
        """What is said of a line that runs several times: its name, and then whose weights it has."""
        name = key.rpartition(".")[2]
        return "" if key not in self.several else f"weights of {name}" if again else name

    @cached_property
    def several(self) -> frozenset[str]:
        """The keys of lines that run several times; not of what is in them."""
        return frozenset(_several(self.graph.root))


def _several(scope: Scope) -> Iterator[str]:
    times = Counter(child.key for child in scope.children)
    for child in scope.children:
        if times[child.key] > 1:
            yield child.key
        elif isinstance(child, Scope):
            yield from _several(child)


def _noted(box: Box, note: str) -> Box:
    if not note:
        return box
    return replace(box, below=(*box.below, " · ", note) if box.below else (note,), small=False)


def _end(name: str, shape: Text) -> Box:
    return Box(END, (name,), shape, ("", ""), count=0)


def _head(head: Aux) -> Box:
    return Box(AUX, (head.output,), (), ("", ""), below=(f"in training, weight {head.weight:g}",), count=0)


def tidied(series: Series) -> Series:
    return folded(fused(series))
