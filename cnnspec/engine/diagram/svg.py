"""Scene -> SVG: text as text, colours of its own on a ground of its own, the same bytes for the same network."""

from __future__ import annotations

from html import escape

from cnnspec.engine.diagnostics import printable
from cnnspec.engine.diagram.colors import COLOURS, GROUND, INK, LINE, SHADE, SOFT
from cnnspec.engine.diagram.kinds import AUX, JOIN
from cnnspec.engine.diagram.metrics import FONT
from cnnspec.engine.diagram.scene import SHEET, Card, DotShape, FrameShape, Path, RuleLine, Scene, Thing, Wire, Words

ROUNDING = 8.0  # of corners of wires, at most
ORDER = (FrameShape, RuleLine, Wire, DotShape, Card, Words)  # what lies lower comes first
ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto"'
    f' markerUnits="userSpaceOnUse"><path d="M0.5 0.8 L7.5 4 L0.5 7.2 Z" fill="{LINE}"/></marker></defs>'
)
FRAMES = {
    "panel": f'rx="10" fill="{SHADE}" stroke="#d4d8dd"',
    "group": f'rx="8" fill="{SHADE}" stroke="#b9c0c8"',
    "repeat": f'rx="8" fill="none" stroke="{SOFT}" stroke-dasharray="5 4"',
}


def svg(scene: Scene) -> str:
    """The document."""
    things = sorted(scene.things, key=lambda thing: ORDER.index(type(thing)))
    ground = f'<rect width="{_number(scene.width)}" height="{_number(scene.height)}" fill="{GROUND}"/>'
    return "\n".join([*_head(scene), ARROW, ground, *map(_drawn, things), "</svg>", ""])


def _head(scene: Scene) -> list[str]:
    wide, high = _number(scene.width), _number(scene.height)
    size = f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" font-family="{FONT}"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title about">',
        f'<title id="title">{_text(scene.title)}</title>',
        f'<desc id="about">{_text(scene.about)}</desc>',
    ]


def _drawn(thing: Thing) -> str:
    match thing:
        case Words():
            return _words(thing)
        case Card():
            return _card(thing)
        case Wire():
            style = f'fill="none" stroke="{LINE}" stroke-width="1.3" marker-end="url(#arrow)"'
            return f'<path d="{_path(thing.points)}" {style}/>'
        case DotShape():
            return (
                f'<circle cx="{_number(thing.x)}" cy="{_number(thing.y)}" r="{_number(thing.radius)}" fill="{LINE}"/>'
            )
        case FrameShape():
            return f"<rect {_place(thing.x, thing.y, thing.width, thing.height)} {FRAMES[thing.style]}/>"
        case RuleLine():
            return f'<path d="M{_number(thing.x)} {_number(thing.y)} h{_number(thing.width)}" stroke="{SOFT}"/>'


def _card(card: Card) -> str:
    fill, stroke = COLOURS[card.kind]
    corner = min(card.height / 2, 12.0) if card.round else 5.0
    width = "1.6" if card.kind == JOIN else "1.2"
    style = f'rx="{_number(corner)}" fill="{fill}" stroke="{stroke}" stroke-width="{width}"'
    if card.kind == AUX:
        style += ' stroke-dasharray="5 4"'
    rects = [
        f"<rect {_place(card.x + SHEET * i, card.y - SHEET * i, card.width, card.height)} {style}/>"
        for i in range(card.sheets, -1, -1)
    ]
    about = f"<title>{_text(card.about)}</title>" if card.about else ""
    return f"<g>{about}{''.join(rects)}{''.join(map(_words, card.lines))}</g>"


def _words(words: Words) -> str:
    anchor = "" if words.anchor == "start" else f' text-anchor="{words.anchor}"'
    bold = ' font-weight="bold"' if words.bold else ""
    colour = SOFT if words.soft else INK
    place = f'x="{_number(words.x)}" y="{_number(words.y)}" font-size="{_number(words.size)}"'
    return f'<text {place}{anchor}{bold} fill="{colour}">{_text(words.text)}</text>'


def _path(points: Path) -> str:
    """A line with rounded corners."""
    out = [f"M{_point(points[0])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(ROUNDING, _length(before, here) / 2, _length(here, after) / 2)
        start, end = _towards(here, before, reach), _towards(here, after, reach)
        out.append(f"L{_point(start)} Q{_point(here)} {_point(end)}")
    out.append(f"L{_point(points[-1])}")
    return " ".join(out)


def _length(a: tuple[float, float], b: tuple[float, float]) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(a: tuple[float, float], b: tuple[float, float], by: float) -> tuple[float, float]:
    share = by / (_length(a, b) or 1)
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _point(point: tuple[float, float]) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _place(x: float, y: float, width: float, height: float) -> str:
    return f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    """Text of specs is shown, never read: what does not print is escaped, and what is markup is not."""
    return escape(printable(text), quote=True)
