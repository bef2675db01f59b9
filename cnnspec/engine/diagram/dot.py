"""Outline -> DOT, for Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.engine.diagnostics import printable
from cnnspec.engine.diagram.colors import COLOURS, GROUND, INK, LINE, SHADE, SOFT
from cnnspec.engine.diagram.kinds import AUX, END, JOIN, PORT
from cnnspec.engine.diagram.metrics import cut
from cnnspec.engine.diagram.outline import NOTE, Arrow, Cluster, Dot, Outline
from cnnspec.engine.diagram.panel import Figure

FONT = 'fontname="Helvetica"'
STYLES = {
    "group": f'style="rounded,filled" fillcolor="{SHADE}" color="#b9c0c8"',
    "repeat": f'style="rounded,dashed" color="{SOFT}"',
    "panel": f'style="rounded,filled" fillcolor="{SHADE}" color="#d4d8dd"',
}


def dot(figure: Figure, outline: Outline) -> str:
    """A digraph from the top to the bottom."""
    name, total = (_quoted(text) for text in (cut(figure.name, 80), f"{cut(figure.name, 80)}\n{figure.total}"))
    head = [
        f"digraph {name} {{",
        f'  graph [{FONT} label={total} labelloc=t bgcolor="{GROUND}" nodesep=0.3 ranksep=0.35]',
        f'  node [{FONT} fontsize=11 shape=box style="rounded,filled" fontcolor="{INK}" height=0.3 margin="0.15,0.05"]',
        f'  edge [{FONT} fontsize=9 fontcolor="{SOFT}" color="{LINE}" arrowsize=0.6]',
    ]
    arrows = (f"  {arrow.start} -> {arrow.end}{_edge(arrow)}" for arrow in outline.arrows)
    return "\n".join([*head, *_inside(outline.page, "  "), *arrows, "}", ""])


def _inside(cluster: Cluster, indent: str) -> Iterator[str]:
    for one in cluster.inside:
        if isinstance(one, Dot):
            yield f"{indent}{one.name} [{_attributes(one)}]"
            continue
        yield f"{indent}subgraph cluster_{one.name} {{"
        yield f"{indent}  graph [label={_quoted(one.title)} labeljust=l fontsize=11 {STYLES[one.style]}]"
        yield from _inside(one, f"{indent}  ")
        yield f"{indent}}}"


def _attributes(one: Dot) -> str:
    if one.kind == PORT:
        return f'shape=point width=0.08 color="{LINE}"'
    if one.kind == NOTE:
        return f'label={_quoted(chr(10).join(one.lines), "l")} shape=plain style="" fontsize=9'
    fill, line = COLOURS[one.kind]
    shape = ""
    if one.kind == JOIN:
        single = len(one.lines[0]) == 1
        shape = " shape=circle width=0.3 fixedsize=true" if single else ' width=0.3 margin="0.08,0.02"'
    elif one.kind in (END, AUX):
        shape = ' style="rounded,filled,dashed"' if one.kind == AUX else ""
    return f'label={_quoted(chr(10).join(one.lines))} fillcolor="{fill}" color="{line}"{shape}'


def _edge(arrow: Arrow) -> str:
    if arrow.hidden:
        return " [style=invis]"
    return f" [label={_quoted(f' {arrow.shape}')}]" if arrow.shape else ""


def _quoted(text: str, end: str = "n") -> str:
    """A string of DOT: quotes, backslashes and entities are shown, not read."""
    lines = [
        cut(printable(line), 160).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
        for line in text.split("\n")
    ]
    return f'"{f"{chr(92)}{end}".join(lines)}{chr(92) + end if end != "n" else ""}"'
