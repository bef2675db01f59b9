"""Graph -> Figure: the overview, and a panel for each block that is drawn once.

    Scope ──► elements and who takes from whom ──► Series (arrange) ──► fused, folded
          ──► blocks that come once and are plain are drawn in place; each other form gets a panel

A chain of few parts is a Group and stands where it is, however often.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cnnspec.engine.diagram.arrange import SOURCE, DrawnWiring
from cnnspec.engine.diagram.fold import folded
from cnnspec.engine.diagram.fuse import fused
from cnnspec.engine.diagram.kinds import AUX, END, is_small, kind
from cnnspec.engine.diagram.label import label
from cnnspec.engine.diagram.text import Text, shape_text
from cnnspec.engine.diagram.tree import Box, DrawnBlock, DrawnGroup, Element, Parallel, Repeat, Series, Tangle
from cnnspec.engine.network import INPUT, Graph, Node, Scope
from cnnspec.engine.network.graph import Aux
from cnnspec.engine.spec.items import SCOPE

# Which blocks are drawn in place, and which in panels of their own.
#
# in place   a chain of few boxes; a block that is drawn once and is a chain, is a mere Sequential, or holds most of
#            the network
# a panel    every other; every block of a type of which one has a panel, or whose panels spare boxes

FEW = 4  # boxes
SHEET = 2  # boxes that a panel of its own is worth


def in_place(overview: Series) -> Series:
    """The network with Groups for the blocks that are drawn in place."""
    choice = _Choice(overview)

    def placed(element: Element) -> Element:
        inner = element.with_inside([placed(one) for one in element.inside])
        if isinstance(element, DrawnBlock) and choice.is_in_place(element):
            assert isinstance(inner, DrawnBlock)
            alone = len(inner.body.parts) == 1 and not inner.body.taps and not inner.note
            return inner.body.parts[0] if alone else DrawnGroup(inner.key, inner.body, inner.note)
        return inner

    found = placed(overview)
    assert isinstance(found, Series)
    return found


class _Choice:
    """What is decided of each form of block, from the innermost outwards."""

    def __init__(self, overview: Series) -> None:
        self.overview = overview
        self.found: dict[object, bool] = {}
        self.types: dict[str, bool] = {}

    @cached_property
    def times(self) -> Counter[object]:
        """How often each form is drawn, what stands in a panel once."""
        times: Counter[object] = Counter()
        waiting: list[Element] = [self.overview]
        while waiting:
            element = waiting.pop()
            if isinstance(element, DrawnBlock):
                times[element.drawn_as] += 1
                if times[element.drawn_as] > 1 and not (_is_chain(element.body) and len(element.body.parts) <= FEW):
                    continue
            waiting += element.inside
        return times

    @cached_property
    def by_type(self) -> dict[str, dict[object, DrawnBlock]]:
        """One block of each form, by type."""
        forms: dict[str, dict[object, DrawnBlock]] = defaultdict(dict)
        for element in self.overview.walk():
            if isinstance(element, DrawnBlock):
                forms[element.type].setdefault(element.drawn_as, element)
        return forms

    def is_in_place(self, block: DrawnBlock) -> bool:
        return self._may(block) and (block.type == SCOPE or self._type_may(block.type))

    def _type_may(self, type: str) -> bool:
        """Whether all blocks of a type may be drawn in place, and panels would spare no boxes."""
        if type not in self.types:
            forms = self.by_type[type]
            boxes = {form: self._boxes(block.body) for form, block in forms.items()}
            beside = sum(self.times[form] + boxes[form] + SHEET for form in forms)
            spared = sum(self.times[form] * boxes[form] for form in forms) - beside
            self.types[type] = spared <= 0 and all(map(self._may, forms.values()))
        return self.types[type]

    def _may(self, block: DrawnBlock) -> bool:
        form = block.drawn_as
        if form not in self.found:
            chain = _is_chain(block.body)
            large = 2 * block.layers > self.overview.layers
            once = self.times[form] == 1 and (chain or block.type == SCOPE or large)
            fits = once or (chain and self._boxes(block.body) <= FEW)
            self.found[form] = fits and not block.closed and len(block.takes) == 1
        return self.found[form]

    def _boxes(self, series: Series) -> int:
        """How many boxes are drawn for it."""
        return sum(self._boxes_of(part) for part in series.parts)

    def _boxes_of(self, part: Element) -> int:
        if isinstance(part, Repeat) or (isinstance(part, DrawnBlock) and self.is_in_place(part)):
            return self._boxes(part.body)
        return 1


def _is_chain(series: Series) -> bool:
    """Whether nothing branches in it, blocks aside."""
    inner = [part.body for part in series.parts if isinstance(part, Repeat)]
    return (
        not series.taps
        and not any(isinstance(part, Parallel | Tangle) for part in series.parts)
        and all(map(_is_chain, inner))
    )


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
            feeds.append(tuple(made.get(feed, SOURCE) for feed in child.inputs))
            given = child.values if isinstance(child, Node) else set(child.values).difference(child.inputs)
            made |= dict.fromkeys(given, len(parts))
            parts.append(self._element(child, level))
        for value, end in ends:
            feeds.append((made.get(value, SOURCE),))
            parts.append(end)
        sink = len(parts) - 1 if ends else made.get(scope.output, SOURCE)
        return DrawnWiring(parts, feeds, tidied, max(0, ROOM - level)).arranged(sink)

    def _element(self, child: Node | Scope, level: int) -> Element:
        return self._box(child) if isinstance(child, Node) else self._block(child, level)

    def _box(self, node: Node) -> Box:
        shape = () if node.several else shape_text(node.shape)
        box = Box(kind(node.type), label(node), shape, (node.key, node.key), small=is_small(node.type))
        return _noted(box, self._note(node.key, node.reused))

    def _block(self, scope: Scope, level: int) -> Element:
        """A block; if it is but one box, that box."""
        shapes = [shape_text(self.graph.shape(value)) for value in scope.inputs]
        several = len(shapes) > 1
        named = scope.opened.block.inputs if scope.opened.block else ()
        names = [name.text for name in named] or [f"input {i}" for i in range(1, len(shapes) + 1)]
        starts: list[Element] = [_end(*each) for each in zip(names, shapes, strict=True)] if several else []
        made = {value: i for i, value in enumerate(scope.inputs)} if several else {}
        note = self._note(scope.key, all(node.reused for node in scope.leaves()))
        ends = [(value, _end(name, ())) for name, value in scope.outputs.items()] if len(scope.outputs) > 1 else []
        body = self._chain(scope, starts, made, level + 1, sorted(ends, key=lambda end: end[0]))
        if len(body.parts) == 1 and isinstance(body.parts[0], Box) and not body.taps:
            return _noted(body.parts[0], note)
        out = () if ends else shape_text(self.graph.shape(scope.output))  # of several no one shape is right
        closed = level + 1 == self.depth or level >= ROOM
        return DrawnBlock(scope.type, (scope.key, scope.key), tuple(shapes), body, out, closed, note)

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
    return folded(fused(series), layers=False)
