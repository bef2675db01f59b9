"""Figure -> boxes and arrows without places, for formats that are laid out by others.

Cluster ── Dot, Cluster …      in order; arrows stand apart, for one that stands in a cluster would draw its ends in
Arrow   from a box to a box, with a shape
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnspec.engine.diagram.card import single
from cnnspec.engine.diagram.keys import joined
from cnnspec.engine.diagram.kinds import END, PORT
from cnnspec.engine.diagram.panel import Figure, Panel
from cnnspec.engine.diagram.text import Text, said
from cnnspec.engine.diagram.tree import Box, DrawnGroup, Element, Parallel, Repeat, Series, Tangle


@dataclass(frozen=True, slots=True)
class Dot:
    """A box: its lines from the top to the bottom."""

    name: str
    kind: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Cluster:
    """Boxes within a frame; ``style`` as of frames on a page, or ``page`` for the outermost, which has none."""

    name: str
    title: str
    style: str
    inside: list[Dot | Cluster] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Arrow:
    """One that is ``hidden`` only keeps its ends in order."""

    start: str
    end: str
    shape: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    page: Cluster
    arrows: tuple[Arrow, ...]


NOTE = "note"  # the kind of a box that holds a table
Sources = tuple[tuple[str, Text], ...]  # boxes, and the shape that leaves each


def outline(figure: Figure) -> Outline:
    """The overview, then each panel in a cluster of its own."""
    writer = _Writer()
    page = writer.cluster("", "page")
    overview = writer.within("overview", "panel", page) if figure.panels else page
    writer.element(figure.overview, (), overview, framed=True)
    for panel in figure.panels:
        writer.panel(panel, page)
    return Outline(page, tuple(writer.arrows))


class _Writer:
    """Gives names to boxes and clusters in the order in which they come."""

    def __init__(self) -> None:
        self.arrows: list[Arrow] = []
        self.boxes = self.clusters = 0

    def cluster(self, title: str, style: str) -> Cluster:
        self.clusters += 1
        return Cluster(f"c{self.clusters - 1}", title, style)

    def dot(self, kind: str, lines: tuple[str, ...], into: Cluster, sources: Sources) -> str:
        name = f"n{self.boxes}"
        self.boxes += 1
        into.inside.append(Dot(name, kind, lines))
        self.arrows += [Arrow(start, name, said(shape)) for start, shape in sources]
        return name

    def panel(self, panel: Panel, page: Cluster) -> None:
        inside = self.cluster(panel.title, "panel")
        page.inside.append(inside)
        start = ((self.dot(PORT, (), inside, ()), panel.takes),) if panel.takes else ()
        end = self.dot(PORT, (), inside, self.element(panel.body, start, inside, framed=False))
        if panel.table.rows:
            lines = (
                f"{key}: {', '.join(f'{name} = {cell}' for name, cell in zip(panel.table.columns, cells, strict=True))}"
                for key, cells in panel.table.rows
            )
            self.arrows.append(Arrow(end, self.dot(NOTE, tuple(lines), inside, ()), "", hidden=True))

    def element(self, element: Element, sources: Sources, into: Cluster, framed: bool) -> Sources:
        """An element that takes from ``sources``, within a cluster; and what it gives."""
        match element:
            case Box():
                return self.box(element, sources, into)
            case Series():
                return self.series(element, sources, into, framed)
            case DrawnGroup():
                within = (
                    self.within(element.note or joined(element.key), "group", into) if framed or element.note else into
                )
                return self.element(element.body, sources, within, framed)
            case Repeat():
                return self.repeat(element, sources, into, framed)
            case Parallel():
                given = [self.element(branch, sources, into, framed) for branch in element.branches]
                flat = tuple(source for sources in given for source in sources)
                return self.element(element.into, flat, into, framed) if element.into else flat
            case Tangle():
                return self.tangle(element, sources, into, framed)
        raise AssertionError(f"{type(element).__name__} is not written")

    def within(self, title: str, style: str, into: Cluster) -> Cluster:
        inner = self.cluster(title, style)
        into.inside.append(inner)
        return inner

    def group(self, group: DrawnGroup, sources: Sources, into: Cluster, framed: bool) -> Sources:
        title = group.note or (joined(group.key) if framed else "")
        return self.element(group.body, sources, self.within(title, "group", into) if title else into, framed)

    def box(self, box: Box, sources: Sources, into: Cluster, times: str = "") -> Sources:
        lines = [said(text) for text in (box.above, box.text, box.below) if text]
        sources = () if box.kind == END and box.gives else sources
        return ((self.dot(box.kind, (*lines, *filter(None, [times])), into, sources), box.gives),)

    def series(self, series: Series, sources: Sources, into: Cluster, framed: bool) -> Sources:
        taken = [sources]
        for part in series.parts:
            taken.append(self.element(part, taken[-1], into, framed))
        for at, tap in series.taps:
            self.element(tap, taken[at], into, framed)
        return taken[-1]

    def repeat(self, repeat: Repeat, sources: Sources, into: Cluster, framed: bool) -> Sources:
        times, one = said(repeat.times), single(repeat)
        if one:
            given = self.box(one, sources, into, times)
        else:
            given = self.element(repeat.body, sources, self.within(times, "repeat", into), framed)
        return tuple((name, repeat.gives) for name, _ in given)

    def tangle(self, tangle: Tangle, sources: Sources, into: Cluster, framed: bool) -> Sources:
        given: dict[int, Sources] = {-1: sources}
        for i, part in enumerate(tangle.parts):
            taken = tuple(source for start, end in tangle.wires if end == i for source in given[start])
            given[i] = self.element(part, taken, into, framed)
        return tuple(source for exit in tangle.exits for source in given[exit])
