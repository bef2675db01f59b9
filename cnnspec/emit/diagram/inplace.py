"""Which blocks are drawn in place, and which in panels of their own.

    in place   a chain of few boxes, wherever it comes; a block that comes once and is a chain, is a mere Sequential, or
               holds most of the network
    a panel    every other, and every block of a type of which one has a panel
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cnnspec.emit.diagram.tree import Block, Element, Group, Parallel, Repeat, Series, Tangle
from cnnspec.spec.items import SCOPE

FEW = 4  # boxes


def in_place(overview: Series) -> Series:
    """The network with Groups for the blocks that are drawn in place."""
    blocks = [element for element in overview.walk() if isinstance(element, Block)]
    chosen = _chosen(blocks, overview.layers)
    with_panels = {block.type for block in blocks if block.form() not in chosen and not block.closed} - {SCOPE}

    def placed(element: Element) -> Element:
        inner = element.with_inside([placed(one) for one in element.inside])
        if isinstance(element, Block) and element.form() in chosen and element.type not in with_panels:
            assert isinstance(inner, Block)
            return inner.body.parts[0] if len(inner.body.parts) == 1 else Group(inner.key, inner.body)
        return inner

    found = placed(overview)
    assert isinstance(found, Series)
    return found


def _chosen(blocks: Sequence[Block], layers: int) -> set[object]:
    """The forms that may be drawn in place. Blocks stand before those in them."""
    times = Counter(block.form() for block in blocks)
    chosen: set[object] = set()
    for block in reversed(blocks):
        form = block.form()
        if block.closed or len(block.takes) > 1:
            continue
        chain = _is_chain(block.body)
        large = 2 * block.layers > layers
        once = times[form] == 1 and (chain or block.type == SCOPE or large)
        if once or (chain and _boxes(block.body, chosen) <= FEW):
            chosen.add(form)
    return chosen


def _is_chain(series: Series) -> bool:
    """Whether nothing branches in it, blocks aside."""
    inner = [part.body for part in series.parts if isinstance(part, Repeat)]
    return (
        not series.taps
        and not any(isinstance(part, Parallel | Tangle) for part in series.parts)
        and all(map(_is_chain, inner))
    )


def _boxes(series: Series, chosen: set[object]) -> int:
    """How many boxes are drawn for it."""
    return sum(_boxes_of(part, chosen) for part in series.parts)


def _boxes_of(part: Element, chosen: set[object]) -> int:
    if isinstance(part, Repeat) or (isinstance(part, Block) and part.form() in chosen):
        return _boxes(part.body, chosen)
    return 1
