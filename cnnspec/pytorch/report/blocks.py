"""The content of a report, independent of its format.

    Document
    └── Section: heading
        └── Paragraph | Table | Picture       rendered as HTML and as Markdown

Texts are plain. They contain names from untrusted specs, so each renderer escapes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``strong`` marks text that a reader must not miss."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column heading. Names are aligned left, numbers right."""

    heading: str
    left: bool = False


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table. ``marked`` rows are emphasized; ``levels`` are the indentation levels of nested rows."""

    columns: tuple[ReportColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    marked: frozenset[int] = frozenset()
    levels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A chart. ``draw`` draws it at a width in CSS pixels; ``alt`` is its alternative text."""

    name: str
    alt: str
    caption: str
    draw: Callable[[int], Figure]


Block = Paragraph | ReportTable | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A section. ``name`` is the target of links to it."""

    name: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report: its title, a summary line and its sections."""

    title: str
    lead: str
    sections: tuple[Section, ...]

    @property
    def pictures(self) -> list[Picture]:
        return [block for section in self.sections for block in section.blocks if isinstance(block, Picture)]
