"""Graph -> a drawing of it: SVG, Mermaid, DOT.

Graph ──build──► Series of blocks ──panel──► Figure ──page──► Scene ──► SVG
                                                   └──► Mermaid, DOT
"""

from __future__ import annotations

from collections.abc import Callable

from cnnspec.engine.diagram.build import Builder
from cnnspec.engine.diagram.dot import dot
from cnnspec.engine.diagram.mermaid import mermaid
from cnnspec.engine.diagram.outline import outline
from cnnspec.engine.diagram.page import scene
from cnnspec.engine.diagram.panel import Figure, figure
from cnnspec.engine.diagram.svg import svg
from cnnspec.engine.network import Graph
from cnnspec.engine.numbers import short


def figure_of(graph: Graph, depth: int | None = None) -> Figure:
    """What is drawn. ``depth``: how many levels of blocks are opened."""
    aux = f" ({short(graph.aux_params)} of them in aux heads)" if graph.aux_params else ""
    total = f"{graph.params:,} params{aux} · {short(graph.macs)} MACs · {graph.input_text} → {graph.output_text}"
    return figure(graph.title, total, Builder(graph, depth).overview())


def diagram(graph: Graph, format: str = "svg", depth: int | None = None) -> str:
    """The drawing as text, in one of FORMATS."""
    return FORMATS[format](figure_of(graph, depth))


FORMATS: dict[str, Callable[[Figure], str]] = {
    "svg": lambda figure: svg(scene(figure)),
    "mermaid": lambda figure: mermaid(figure, outline(figure)),
    "dot": lambda figure: dot(figure, outline(figure)),
}
