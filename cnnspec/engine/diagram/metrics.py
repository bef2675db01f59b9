"""How wide text is: the widths of Helvetica, which Arial and Liberation Sans share, in thousandths of its size."""

from __future__ import annotations

from functools import lru_cache

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
FIRST = 32  # the character of the first width: a space
REGULAR = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
BOLD = (
    *(278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611),
    *(975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556),
    *(333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611),
    *(611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584),
)
OTHERS = {"×": 584, "·": 278, "–": 556, "′": 278}
WIDEST = 1000  # of any other character
LONGEST = 44  # characters of a line; what is longer is cut


@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line, at most: a character that the table lacks counts as a square."""
    table = BOLD if bold else REGULAR
    units = 0
    for character in text:
        place = ord(character) - FIRST
        units += table[place] if 0 <= place < len(table) else OTHERS.get(character, WIDEST)
    return units * size / 1000


def cut(text: str, longest: int = LONGEST) -> str:
    """The beginning and the end of a text that is too long to be shown."""
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[:half]}…{text[-half:]}"
