"""Picture ──► SVG and PNG. The same chart gives the same bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO

from matplotlib.figure import Figure

from cnnspec.pytorch.report.blocks import Picture
from cnnspec.pytorch.report.charts.style import NARROW, WIDE, styled

SHARP = 192  # dots per inch: twice a CSS pixel's
HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)  # the XML declaration and the doctype, whose address nothing needs
NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}  # of what would differ from day to day


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture in all its forms; each figure is laid out once."""

    picture: Picture
    svg: str
    png: bytes
    narrow: str  # SVG, too

    @classmethod
    def of(cls, picture: Picture) -> Drawn:
        with styled():
            wide = picture.draw(WIDE)
            text = _svg(wide)
            wide.set_layout_engine("none")  # it is laid out by now
            return cls(picture, text, _png(wide), _svg(picture.draw(NARROW)))


def _svg(figure: Figure) -> str:
    """The document, with text as text."""
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata=NOTHING)
    return HEAD.sub("", buffer.getvalue().decode())


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=SHARP, metadata={"Software": None})
    return buffer.getvalue()
