"""What is on a page, before anyone decides how it looks.

    Document
    └── Section: heading
        └── Paragraph | Table | Picture       HTML and Markdown show each in their own way

Texts are plain: names come from specs that anyone may have written, and whoever shows them escapes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``strong`` where a reader must not miss it."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A heading; names stand on the left, numbers on the right."""

    heading: str
    left: bool = False


@dataclass(frozen=True, slots=True)
class ReportTable:
    """``marked`` are the rows that stand out; ``levels`` how far each row is set in, where rows are nested."""

    columns: tuple[ReportColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    marked: frozenset[int] = frozenset()
    levels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A chart. ``draw`` gives it at a width in CSS pixels; ``alt`` says what it shows to those who do not see it."""

    name: str
    alt: str
    caption: str
    draw: Callable[[int], Figure]


Block = Paragraph | ReportTable | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """``name`` is what links call it."""

    name: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A page: its title, a line below it, and the sections."""

    title: str
    lead: str
    sections: tuple[Section, ...]

    @property
    def pictures(self) -> list[Picture]:
        return [block for section in self.sections for block in section.blocks if isinstance(block, Picture)]
