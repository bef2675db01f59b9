"""Document ──► Markdown, with the pictures as files beside it."""

from __future__ import annotations

from collections.abc import Iterable

from cnnspec import __version__
from cnnspec.diagnostics import markdown_text
from cnnspec.report.blocks import Block, Column, Document, Paragraph, Picture, Table


def markdown(document: Document, form: str = "png") -> str:
    """The text; ``NAME.png``, or another form of it, stands for each picture."""
    parts = [f"# {markdown_text(document.title)}", markdown_text(document.lead)]
    for section in document.sections:
        parts += [f"## {markdown_text(section.heading)}", *(_block(block, form) for block in section.blocks)]
    return "\n\n".join([*parts, f"Made by cnnspec {__version__}."]) + "\n"


def _block(block: Block, form: str) -> str:
    match block:
        case Paragraph():
            lines = [markdown_text(line) for line in block.text.split("\n")]
            return f"**{'  '.join(lines)}**" if block.strong else "  \n".join(lines)
        case Picture():
            return f"![{markdown_text(block.alt)}]({block.name}.{form})\n\n*{markdown_text(block.caption)}*"
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    lines = [_row([markdown_text(column.heading) for column in table.columns]), _row(map(_rule, table.columns))]
    for place, row in enumerate(table.rows):
        found = [markdown_text(cell) for cell in row]
        if table.levels:
            found[0] = "&emsp;" * table.levels[place] + found[0]
        if place in table.marked:
            found = [f"**{cell}**" if cell else "" for cell in found]
        lines.append(_row(found))
    return f"*{markdown_text(table.caption)}*\n\n" + "\n".join(lines)


def _rule(column: Column) -> str:
    return "---" if column.left else "---:"


def _row(found: Iterable[str]) -> str:
    return f"| {' | '.join(found)} |"
