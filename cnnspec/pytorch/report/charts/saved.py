"""Picture ──► SVG and PNG. Equal charts give equal bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO

from matplotlib.figure import Figure

from cnnspec.pytorch.report.blocks import Picture
from cnnspec.pytorch.report.charts.style import NARROW, WIDE, styled

DPI = 192  # twice that of CSS pixels
HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)  # the XML declaration and the doctype, which HTML does not need
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}  # would differ from run to run


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """A picture in all its formats. Each figure is laid out once."""

    picture: Picture
    svg: str
    png: bytes
    narrow: str  # SVG for narrow pages

    @classmethod
    def of(cls, picture: Picture) -> DrawnPicture:
        with styled():
            wide = picture.draw(WIDE)
            text = _svg(wide)
            wide.set_layout_engine("none")  # already laid out
            return cls(picture, text, _png(wide), _svg(picture.draw(NARROW)))


def _svg(figure: Figure) -> str:
    """Return the SVG; its texts stay selectable."""
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata=NO_METADATA)
    return HEAD.sub("", buffer.getvalue().decode())


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()
