"""Outline -> Mermaid, which GitHub and many editors draw (https://mermaid.js.org/syntax/flowchart.html)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from json import dumps

from cnnspec.engine.diagnostics import printable
from cnnspec.engine.diagram.colors import COLOURS, INK, LINE, SHADE, SOFT
from cnnspec.engine.diagram.kinds import AUX, END, JOIN, PORT
from cnnspec.engine.diagram.metrics import cut
from cnnspec.engine.diagram.outline import NOTE, Cluster, Dot, Outline
from cnnspec.engine.diagram.panel import Figure

PLAIN = frozenset(" ,./×·…–′()+-:=_")  # what stands in labels as it is, beside letters and digits
PILL, CIRCLE, SQUARE = ('(["', '"])'), ('(("', '"))'), ('["', '"]')
STYLES = {
    "group": f"fill:{SHADE},stroke:#b9c0c8,color:{SOFT}",
    "repeat": f"fill:none,stroke:{SOFT},stroke-dasharray:5 4,color:{INK}",
    "panel": f"fill:{SHADE},stroke:#d4d8dd,color:{INK}",
}
WRAPPED = 480  # pixels: lines are not to be broken by Mermaid


def mermaid(figure: Figure, outline: Outline) -> str:
    """A flowchart from the top to the bottom, beside one for each panel."""
    title = dumps(printable(f"{cut(figure.name, 80)}: {figure.total}"), ensure_ascii=False)
    config = f"config: {{flowchart: {{wrappingWidth: {WRAPPED}}}}}"
    return "\n".join(["---", f"title: {title}", config, "---", "flowchart TB", *_lines(outline), ""])


def _lines(outline: Outline) -> Iterator[str]:
    page = outline.page
    yield from _inside(replace(page, inside=page.inside[::-1]), "  ")  # Mermaid puts the last cluster to the left
    for arrow in outline.arrows:
        shape = f'|"{_label(arrow.shape)}"|' if arrow.shape else ""
        yield f"  {arrow.start} {'~~~' if arrow.hidden else '-->'}{shape} {arrow.end}"
    for number, (kind, names) in enumerate(sorted(_kinds(outline.page).items())):
        yield f"  classDef k{number} {_style(kind)}"
        yield f"  class {','.join(names)} k{number}"


def _inside(cluster: Cluster, indent: str) -> Iterator[str]:
    for one in cluster.inside:
        if isinstance(one, Dot):
            before, after = _shape(one)
            yield f"{indent}{one.name}{before}{'<br/>'.join(map(_label, one.lines)) or ' '}{after}"
            continue
        yield f'{indent}subgraph {one.name}["{_label(one.title)}"]'
        yield f"{indent}  direction TB"
        yield from _inside(one, f"{indent}  ")
        yield f"{indent}end"


def _shape(one: Dot) -> tuple[str, str]:
    if one.kind in (END, AUX) or (one.kind == JOIN and len(one.lines[0]) > 1):
        return PILL
    return CIRCLE if one.kind in (JOIN, PORT) else SQUARE


def _kinds(cluster: Cluster) -> dict[str, list[str]]:
    """The names of boxes by kind, and of clusters by style."""
    found: dict[str, list[str]] = {}
    for one in cluster.inside:
        found.setdefault(one.kind if isinstance(one, Dot) else one.style, []).append(one.name)
        if isinstance(one, Cluster):
            for kind, names in _kinds(one).items():
                found.setdefault(kind, []).extend(names)
    return found


def _style(kind: str) -> str:
    if kind in STYLES:
        return STYLES[kind]
    if kind == NOTE:
        return f"fill:none,stroke:none,color:{INK},text-align:left"
    fill, line = COLOURS[kind]
    dashes = ",stroke-dasharray:5 4" if kind == AUX else ""
    return f"fill:{fill},stroke:{line},color:{LINE if kind == PORT else INK}{dashes}"


def _label(text: str) -> str:
    """Text with all that could be read as markup by its number."""
    text = cut(printable(text), 160)
    return "".join(c if c in PLAIN or (c.isascii() and c.isalnum()) else f"#{ord(c)};" for c in text)
