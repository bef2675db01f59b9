"""Which blocks are drawn in place, and which in panels of their own.

in place   a chain of few boxes; a block that is drawn once and is a chain, is a mere Sequential, or holds most of
           the network
a panel    every other; every block of a type of which one has a panel, or whose panels spare boxes
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property

from cnnspec.emit.diagram.tree import Block, Element, Group, Parallel, Repeat, Series, Tangle
from cnnspec.spec.items import SCOPE

FEW = 4  # boxes
SHEET = 2  # boxes that a panel of its own is worth


def in_place(overview: Series) -> Series:
    """The network with Groups for the blocks that are drawn in place."""
    choice = _Choice(overview)

    def placed(element: Element) -> Element:
        inner = element.with_inside([placed(one) for one in element.inside])
        if isinstance(element, Block) and choice.is_in_place(element):
            assert isinstance(inner, Block)
            alone = len(inner.body.parts) == 1 and not inner.body.taps and not inner.note
            return inner.body.parts[0] if alone else Group(inner.key, inner.body, inner.note)
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
            if isinstance(element, Block):
                times[element.drawn_as] += 1
                if times[element.drawn_as] > 1 and not (_is_chain(element.body) and len(element.body.parts) <= FEW):
                    continue
            waiting += element.inside
        return times

    @cached_property
    def by_type(self) -> dict[str, dict[object, Block]]:
        """One block of each form, by type."""
        forms: dict[str, dict[object, Block]] = defaultdict(dict)
        for element in self.overview.walk():
            if isinstance(element, Block):
                forms[element.type].setdefault(element.drawn_as, element)
        return forms

    def is_in_place(self, block: Block) -> bool:
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

    def _may(self, block: Block) -> bool:
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
        if isinstance(part, Repeat) or (isinstance(part, Block) and self.is_in_place(part)):
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
