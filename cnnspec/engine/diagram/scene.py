"""What stands on the page, in pixels from its upper left corner; y grows downwards.

Card     a box with its text, or a join       Wire   a line from one thing to another
Frame    a rectangle around others            Words  a line of text
Dot      where a panel begins and ends        Rule   a thin line in a table
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnspec.engine.diagram.metrics import width

Point = tuple[float, float]
Path = tuple[Point, ...]
BIG, NORMAL, SMALL = 20.0, 13.0, 11.0  # sizes of text
SHEET = 4.0  # by how much each further sheet sticks out behind a card


@dataclass(frozen=True, slots=True)
class Words:
    """``y`` is the baseline."""

    x: float
    y: float
    text: str
    size: float = SMALL
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False
    soft: bool = False

    @property
    def width(self) -> float:
        return width(self.text, self.size, self.bold)

    @property
    def left(self) -> float:
        return self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * self.width

    def moved(self, dx: float, dy: float) -> Words:
        return Words(self.x + dx, self.y + dy, self.text, self.size, self.anchor, self.bold, self.soft)


@dataclass(frozen=True, slots=True)
class Card:
    """``sheets``: further cards that are seen behind it. ``about`` is told when a pointer rests on it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    lines: tuple[Words, ...]
    about: str = ""
    sheets: int = 0
    round: bool = False

    def moved(self, dx: float, dy: float) -> Card:
        lines = tuple(line.moved(dx, dy) for line in self.lines)
        return Card(
            self.x + dx, self.y + dy, self.width, self.height, self.kind, lines, self.about, self.sheets, self.round
        )


@dataclass(frozen=True, slots=True)
class DotShape:
    x: float
    y: float
    radius: float

    def moved(self, dx: float, dy: float) -> DotShape:
        return DotShape(self.x + dx, self.y + dy, self.radius)


@dataclass(frozen=True, slots=True)
class Wire:
    """From the first point to the last, where it has its arrowhead; corners are rounded when it is drawn."""

    points: Path

    def moved(self, dx: float, dy: float) -> Wire:
        return Wire(moved(self.points, dx, dy))


@dataclass(frozen=True, slots=True)
class FrameShape:
    x: float
    y: float
    width: float
    height: float
    style: Literal["group", "repeat", "panel"]

    def moved(self, dx: float, dy: float) -> FrameShape:
        return FrameShape(self.x + dx, self.y + dy, self.width, self.height, self.style)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A thin line of a table."""

    x: float
    y: float
    width: float

    def moved(self, dx: float, dy: float) -> RuleLine:
        return RuleLine(self.x + dx, self.y + dy, self.width)


Thing = Words | Card | DotShape | Wire | FrameShape | RuleLine


@dataclass(frozen=True, slots=True)
class Scene:
    """A page. ``title`` and ``about`` are for those who hear it read."""

    width: float
    height: float
    title: str
    about: str
    things: tuple[Thing, ...]


def moved(path: Path, dx: float, dy: float) -> Path:
    return tuple((x + dx, y + dy) for x, y in path)


def straight(*paths: Path) -> Path:
    """Paths put together, without points in the middle of a line."""
    points: list[Point] = []
    for point in (point for path in paths for point in path):
        if points and point == points[-1]:
            continue
        while len(points) > 1 and _between(points[-2], points[-1], point):
            points.pop()
        points.append(point)
    return tuple(points)


def _between(a: Point, b: Point, c: Point) -> bool:
    """Whether b lies on the upright or level line from a to c."""
    return (a[0] == b[0] == c[0] and (b[1] - a[1]) * (c[1] - b[1]) >= 0) or (
        a[1] == b[1] == c[1] and (b[0] - a[0]) * (c[0] - b[0]) >= 0
    )
