"""Text of strangers in the formats that would read some of it: a terminal, JSON, CSV, Markdown."""

from __future__ import annotations

import json
import re

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # a spreadsheet computes a cell that begins so
# Signs that are markup wherever they stand, an underscore at the edge of a word, and what makes an address a link.
MARKUP = re.compile(r"[\\`*\[\]<>&|~#]|(?<!\w)_|_(?!\w)|:(?=//)|(?<=www)\.", re.IGNORECASE)


def printable(text: str) -> str:
    """Text that cannot move a terminal's cursor: what does not print is shown escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else escape(c) for c in text)


def escape(character: str) -> str:
    """A character by its number; a byte of a file name that is not UTF-8 by its own, as Python holds it."""
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else character.encode("unicode_escape").decode("ascii")


def printable_lines(text: str) -> str:
    """Several lines, in none of which anything moves a cursor."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


def printable_json(text: str) -> str:
    """JSON in which what does not print is escaped, as JSON has it: a pipe may end in a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _in_json(c) for c in text)


def _in_json(character: str) -> str:
    """An escape of JSON; what is no character of Unicode as the text of its own escape."""
    return json.dumps(escape(character) if "\ud800" <= character <= "\udfff" else character)[1:-1]


def csv_cell(text: str) -> str:
    """A cell that spreadsheets show: one that would be a formula has an apostrophe before it."""
    return f"'{printable(text)}" if text.startswith(FORMULA) else printable(text)


def markdown_text(text: str) -> str:
    """Text in one line that is shown as it is: nothing of it is markup, a link or a cell's end."""
    return MARKUP.sub(r"\\\g<0>", printable(text))
