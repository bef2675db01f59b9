"""Which bracket or quote of a text is not closed: a scan of its signs, without YAML's grammar."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, field

CLOSING = {"{": "}", "[": "]"}
BLOCK_LINE = re.compile(r"^(?P<indent> *)(?:- |[A-Za-z_$]\w*:(?: |$))")


class Fault(Struct, frozen=True):
    """A sign that is not closed, is closed by one of another kind (at ``wrong``), or closes nothing.

    Lines and columns count from 1; ``missing`` is what would close it.
    """

    sign: str
    line: int
    column: int
    missing: str = ""
    closes: bool = False
    wrong: tuple[int, int] | None = None


class _Scan(Struct):
    """The brackets that are open, with their places, and the quote that is."""

    open: list[tuple[str, int, int]] = field(default_factory=list)
    quote: tuple[str, int, int] | None = None
    before: str = ""  # the last sign that is no space

    def line(self, number: int, text: str) -> Fault | None:
        """What is wrong in one line, brackets that stay open aside."""
        self.before = "" if not self.open else ","
        skip = False
        for column, sign in enumerate(text, 1):
            if skip:
                skip = False
            elif self.quote is not None:
                skip = self.in_quote(sign)
            elif sign == "#" and text[column - 2 : column - 1] in ("", " "):
                break
            elif fault := self.outside(sign, number, column):
                return fault
        return None

    def in_quote(self, sign: str) -> bool:
        """Whether the next sign is escaped."""
        assert self.quote is not None
        if sign == self.quote[0]:
            self.quote, self.before = None, sign
        return sign == "\\" and self.quote is not None and self.quote[0] == '"'

    def outside(self, sign: str, number: int, column: int) -> Fault | None:
        starts_value = self.before in ("", ":", "-", ",", "[", "{")
        if sign in "\"'" and starts_value:
            self.quote = (sign, number, column)
        elif sign in CLOSING and (self.open or starts_value):
            self.open.append((sign, number, column))
        elif sign in "]}" and (self.open or self.before in "]}"):
            return self.close(sign, number, column)
        self.before = sign if sign != " " else self.before
        return None

    def close(self, sign: str, number: int, column: int) -> Fault | None:
        self.before = sign
        if not self.open:
            return Fault(sign, number, column, closes=True)
        opened, line, at = self.open.pop()
        return None if CLOSING[opened] == sign else Fault(opened, line, at, CLOSING[opened], wrong=(number, column))

    def unclosed(self) -> Fault | None:
        if self.quote is not None:
            sign, line, column = self.quote
            return Fault(sign, line, column, sign + self.endings(line))
        if not self.open:
            return None
        _, line, _ = self.open[-1]
        first = next(entry for entry in self.open if entry[1] == line)
        return Fault(*first, self.endings(line))

    def endings(self, line: int) -> str:
        """What closes the brackets that a line has opened, the innermost first."""
        return "".join(CLOSING[sign] for sign, at, _ in reversed(self.open) if at == line)


def first_fault(lines: Sequence[str], last: int) -> Fault | None:
    """The first bracket or quote of the lines up to ``last`` (from 1) that is out of order, or None."""
    scan = _Scan()
    for number, text in enumerate(lines[:last], 1):
        if scan.open and _begins_anew(text, lines[scan.open[-1][1] - 1]):
            break
        if fault := scan.line(number, text):
            return fault
    return scan.unclosed()


def _begins_anew(text: str, opening: str) -> bool:
    """Whether a line is one of the block around an open bracket: no further in than the line that opened it."""
    match = BLOCK_LINE.match(text)
    return match is not None and len(match["indent"]) <= len(opening) - len(opening.lstrip(" "))
