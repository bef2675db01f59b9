"""Graph -> the table of a notebook: a line a layer, and blocks that open and close, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cnnspec.engine.diagnostics import printable
from cnnspec.engine.network import Graph
from cnnspec.engine.table.columns import COLUMNS, DEFAULT, Facts
from cnnspec.engine.table.rows import Row, rows
from cnnspec.engine.table.table import cells, totals

STYLE = "font-family:monospace;white-space:pre;text-align:left"
MARKER = "padding-left:1.3em"  # a layer has no triangle, and stands where a block's text begins
OPEN = 1  # levels of blocks that are open at first


def html(graph: Graph) -> str:
    """Return the table; every name in it is escaped."""
    facts, found = Facts(graph), rows(graph)
    heading = tuple(COLUMNS[name].heading for name in DEFAULT)
    texts = [heading, *(tuple(map(printable, cells(facts, row))) for row in found)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    title, total = escape(printable(graph.title)), escape(printable(totals(facts)))
    lines = [_line(cell_texts, widths) for cell_texts in texts]
    body = "".join(_nested(found, lines[1:]))
    head = f"<div style='{MARKER};font-weight:bold'>{lines[0]}</div>"
    return f"<div style='{STYLE}'><b>{title}</b>\n{head}{body}{total}</div>"


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    """The cells of a row, padded to the widths of their columns."""
    padded = (
        text.ljust(width) if COLUMNS[name].left else text.rjust(width)
        for name, text, width in zip(DEFAULT, texts, widths, strict=True)
    )
    return escape("  ".join(padded))


def _nested(found: Sequence[Row], lines: Sequence[str]) -> list[str]:
    """The rows, those of a block inside an element that opens and closes."""
    parts: list[str] = []
    opened: list[int] = []  # the levels of blocks whose element is still open
    for row, line in zip(found, lines, strict=True):
        while opened and opened[-1] >= row.level:
            opened.pop()
            parts.append("</details>")
        if row.is_scope:
            state = " open" if row.level + 1 < OPEN else ""
            parts.append(f"<details{state}><summary>{line}</summary>")
            opened.append(row.level)
        else:
            parts.append(f"<div style='{MARKER}'>{line}</div>")
    return parts + ["</details>"] * len(opened)
