"""What is wrong with a page: things that overlap, lie outside, or end nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cnnspec.engine.diagram.scene import Card, DotShape, FrameShape, Scene, Wire, Words

Box = tuple[float, float, float, float]  # left, top, right, bottom
SHEET = 4.0
NEAR = 0.01
CLEAR = 5.0  # what a wire keeps from a box where it does not end


def faults(scene: Scene) -> list[str]:
    """All that is wrong, in words."""
    return [
        *_outside(scene),
        *_overlaps(scene),
        *_spilt(scene),
        *_loose_ends(scene),
        *_crossings(scene),
        *_frames(scene),
    ]


def box(thing: Card | DotShape | FrameShape | Words) -> Box:
    """The rectangle that a thing takes."""
    match thing:
        case Card():
            more = SHEET * thing.sheets
            return thing.x, thing.y - more, thing.x + thing.width + more, thing.y + thing.height
        case DotShape():
            return thing.x - thing.radius, thing.y - thing.radius, thing.x + thing.radius, thing.y + thing.radius
        case FrameShape():
            return thing.x, thing.y, thing.x + thing.width, thing.y + thing.height
    return thing.left, thing.y - 0.74 * thing.size, thing.left + thing.width, thing.y + 0.22 * thing.size


def _of(scene: Scene, kind: type) -> list:  # type: ignore[type-arg]
    return [thing for thing in scene.things if isinstance(thing, kind)]


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] - NEAR and b[0] < a[2] - NEAR and a[1] < b[3] - NEAR and b[1] < a[3] - NEAR


def _within(a: Box, b: Box) -> bool:
    return a[0] >= b[0] - NEAR and a[1] >= b[1] - NEAR and a[2] <= b[2] + NEAR and a[3] <= b[3] + NEAR


def _outside(scene: Scene) -> Iterator[str]:
    page = (0.0, 0.0, scene.width, scene.height)
    for thing in scene.things:
        if isinstance(thing, Card | DotShape | FrameShape | Words) and not _within(box(thing), page):
            yield f"{thing} lies outside"
        if isinstance(thing, Wire) and not all(_within((x, y, x, y), page) for x, y in thing.points):
            yield f"{thing} lies outside"


def _overlaps(scene: Scene) -> Iterator[str]:
    """Boxes and loose words are all apart."""
    solid = sorted([*_of(scene, Card), *_of(scene, DotShape), *_of(scene, Words)], key=lambda thing: box(thing)[1])
    for i, one in enumerate(solid):
        for other in solid[i + 1 :]:
            if box(other)[1] >= box(one)[3]:
                break
            if _overlap(box(one), box(other)):
                yield f"{one} overlaps {other}"


def _spilt(scene: Scene) -> Iterator[str]:
    for card in _of(scene, Card):
        for line in card.lines:
            inside = (card.x + 1, card.y, card.x + card.width - 1, card.y + card.height)
            if not _within(box(line), inside):
                yield f"{line} does not fit into {card}"
        lines = sorted(card.lines, key=lambda line: line.y)
        yield from (f"{a} overlaps {b}" for a, b in pairwise(lines) if _overlap(box(a), box(b)))


def _loose_ends(scene: Scene) -> Iterator[str]:
    """Each wire begins and ends at the border of a box."""
    solid = [box(thing) for thing in (*_of(scene, Card), *_of(scene, DotShape))]
    for wire in _of(scene, Wire):
        for x, y in (wire.points[0], wire.points[-1]):
            if not any(_on_border(x, y, one) for one in solid):
                yield f"{wire} ends nowhere, at {x}, {y}"


def _on_border(x: float, y: float, one: Box) -> bool:
    level = min(abs(y - one[1]), abs(y - one[3])) < NEAR and one[0] - NEAR < x < one[2] + NEAR
    upright = min(abs(x - one[0]), abs(x - one[2])) < NEAR and one[1] - NEAR < y < one[3] + NEAR
    return level or upright


def _crossings(scene: Scene) -> Iterator[str]:
    """No wire runs through a box or through words, or along a box where it does not end; all run upright or level."""
    boxes = [(thing, box(thing)) for thing in (*_of(scene, Card), *_of(scene, DotShape))]
    words = [(thing, box(thing)) for thing in _of(scene, Words)]
    for wire in _of(scene, Wire):
        ends = [one for _, one in boxes if any(_on_border(x, y, one) for x, y in (wire.points[0], wire.points[-1]))]
        for (x1, y1), (x2, y2) in pairwise(wire.points):
            if x1 != x2 and y1 != y2:
                yield f"{wire} runs askew"
            line = (min(x1, x2) - NEAR, min(y1, y2) - NEAR, max(x1, x2) + NEAR, max(y1, y2) + NEAR)
            for thing, one in [*boxes, *words]:
                room = CLEAR if isinstance(thing, Card) and one not in ends else -0.1
                if _overlap(line, (one[0] - room, one[1] - room, one[2] + room, one[3] + room)):
                    yield f"{wire} runs through {thing}"


def _frames(scene: Scene) -> Iterator[str]:
    """A frame holds a box whole or not at all, and frames lie in one another or apart."""
    frames = [(frame, box(frame)) for frame in _of(scene, FrameShape)]
    for frame, outer in frames:
        for card in _of(scene, Card):
            if _overlap(box(card), outer) and not _within(box(card), outer):
                yield f"{card} sticks out of {frame}"
        for other, inner in frames:
            if other is not frame and _overlap(inner, outer) and not (_within(inner, outer) or _within(outer, inner)):
                yield f"{frame} overlaps {other}"
