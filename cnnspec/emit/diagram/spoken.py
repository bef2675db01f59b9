"""A chain in words, for those who hear a page read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from cnnspec.emit.diagram.kinds import AUX, END
from cnnspec.emit.diagram.text import said
from cnnspec.emit.diagram.tree import Box, Element, Repeat, Series

MOST = 60  # boxes that are told


def spoken(series: Series) -> str:
    """``From input to output: 7×7 conv, 64, /2; 3×3 max pool, /2; …``"""
    boxes = list(islice(_boxes(series), MOST + 1))
    more = "; and so on" if len(boxes) > MOST else ""
    return f"From input to output: {'; '.join(boxes[:MOST])}{more}."


def _boxes(element: Element) -> Iterator[str]:
    """The boxes of an element by their labels, in order."""
    if isinstance(element, Repeat):
        yield f"{element.count} times {', '.join(_boxes(element.body))}"
    elif isinstance(element, Box):
        if element.kind not in (END, AUX):
            yield said(element.text)
    else:
        for inner in element.inside:
            yield from _boxes(inner)
