"""Graph -> Figure: the overview, and a panel for each block that is drawn once.

    Scope ──► elements and who takes from whom ──► Series (arrange) ──► fused, folded
          ──► blocks that come once and are plain are drawn in place; each other form gets a panel

A chain of few parts is a Group and stands where it is, however often.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnspec.emit.diagram.arrange import SOURCE, Wiring
from cnnspec.emit.diagram.fold import folded
from cnnspec.emit.diagram.fuse import fused
from cnnspec.emit.diagram.inline import in_place
from cnnspec.emit.diagram.kinds import END, JOIN, kind, is_small
from cnnspec.emit.diagram.label import label
from cnnspec.emit.diagram.text import Text, shape_text
from cnnspec.emit.diagram.tree import Block, Box, Element, Group, Parallel, Repeat, Series, Tangle
from cnnspec.layers import Shape
from cnnspec.network import INPUT, Graph, Node, Scope
from cnnspec.spec.items import SCOPE

ROOM = 14  # levels of blocks and branches; what is further in is not opened


@dataclass(frozen=True)
class Builder:
    graph: Graph
    depth: int | None = None

    def overview(self) -> Series:
        """The whole network, its blocks in it."""
        ends = [self._input(name, shape) for name, shape in {"input": self.graph.input}.items()]
        made = {INPUT - i: i for i in range(len(ends))}
        return in_place(self._chain(self.graph.root, ends, made, 0))

    def _input(self, name: str, shape: Shape) -> Box:
        return Box(END, (name,), shape_text(shape), ("", ""), count=0)

    def _chain(self, scope: Scope, parts: list[Element], made: dict[int, int], level: int) -> Series:
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
        sink = made.get(scope.output, SOURCE)
        if not level:
            parts.append(Box(END, ("output",), (), ("", ""), count=0))
            feeds.append((sink,))
            sink = len(parts) - 1
        return Wiring(parts, feeds, tidied, max(0, ROOM - level)).arranged(sink)

    def _element(self, child: Node | Scope, level: int) -> Element:
        return self._box(child) if isinstance(child, Node) else self._block(child, level)

    def _box(self, node: Node) -> Box:
        out = shape_text(node.shape)
        return Box(kind(node.type), label(node), out, (node.key, node.key), small=is_small(node.type))

    def _block(self, scope: Scope, level: int) -> Element:
        """A block; if it is but one box, that box."""
        shapes = [self._shape(value) for value in scope.inputs]
        several = len(shapes) > 1
        ends = [self._input(f"input {i}", shape) for i, shape in enumerate(shapes, 1)] if several else []
        made = {value: i for i, value in enumerate(scope.inputs)} if several else {}
        body = self._chain(scope, list(ends), made, level + 1)
        if len(body.parts) == 1 and isinstance(body.parts[0], Box) and not body.taps:
            return body.parts[0]
        out = shape_text(self._shape(scope.output))
        closed = level + 1 == self.depth or level >= ROOM
        return Block(scope.type, (scope.key, scope.key), tuple(map(shape_text, shapes)), body, out, closed)

    def _shape(self, value: int) -> Shape:
        return self.graph.nodes[value].shape if value >= 0 else self.graph.input


def tidied(series: Series) -> Series:
    return folded(fused(series))
