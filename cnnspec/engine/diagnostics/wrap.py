"""Prose at the width of a terminal, broken at spaces; inside what stands between backticks only where it must be."""

from __future__ import annotations

import re

from rich.cells import cell_len

PIECE = re.compile(r"(?:`[^`]*`|\S)+")
NARROWEST = 24  # columns that prose is given at least


def wrapped(text: str, width: int | None, indent: int) -> str:
    """The text in lines of ``width`` columns, of which the first begins ``indent`` columns in, as do the others.

    Without a width it is one line. A piece that is wider than a line stays whole.
    """
    room = (width or 0) - indent
    if width is None or room < NARROWEST or cell_len(text) <= room:
        return text
    lines = [""]
    for piece in PIECE.findall(text):
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(piece) > room:
            lines.append("")
        lines[-1] += f" {piece}" if lines[-1] else piece
    return f"\n{' ' * indent}".join(lines)
