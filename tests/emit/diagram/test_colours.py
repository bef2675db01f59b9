"""Kinds of boxes can be told apart, with whatever cones an eye has, and text can be read on all of them."""

from __future__ import annotations

from itertools import combinations

import pytest

from cnnspec.engine.diagram.colors import COLOURS, GROUND, INK, SHADE, SOFT
from cnnspec.engine.diagram.kinds import AUX, CLOSED, END, JOIN, PORT

# What is left of a colour without one sort of cones: Machado, Oliveira and Fernandes 2009, table of severity 1.0.
EYES = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
KINDS = [kind for kind in COLOURS if kind not in (AUX, CLOSED, END, JOIN, PORT)]
Colour = tuple[float, float, float]


def linear(text: str) -> Colour:
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (red, green, blue))  # type: ignore[return-value]


def seen(colour: Colour, eye: str) -> Colour:
    return tuple(min(1, max(0, sum(a * b for a, b in zip(row, colour, strict=True)))) for row in EYES[eye])  # type: ignore[return-value]


def lab(colour: Colour) -> Colour:
    """CIELAB under D65."""
    red, green, blue = colour
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(one: str, other: str, eye: str) -> float:
    a, b = (lab(seen(linear(colour), eye)) for colour in (one, other))
    return sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5


def contrast(one: str, other: str) -> float:
    """As WCAG 2 counts it."""
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(linear, (one, other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize(("one", "other"), list(combinations(KINDS, 2)))
def test_kinds_are_told_apart(one: str, other: str, eye: str) -> None:
    """Fill and line of two kinds together are well over what an eye just notices."""
    fills, lines = (apart(COLOURS[one][i], COLOURS[other][i], eye) for i in (0, 1))
    assert fills + lines > 20
    assert max(fills, lines) > 14


def test_text_can_be_read() -> None:
    """Dark text on every ground has the contrast that WCAG asks for at its strictest; soft text that for all text."""
    assert all(contrast(INK, fill) > 7 for fill, _ in COLOURS.values() if fill != COLOURS[PORT][0])
    assert min(contrast(SOFT, GROUND), contrast(SOFT, SHADE)) > 4.5
    assert all(contrast(line, GROUND) > 3 for _, line in COLOURS.values())
