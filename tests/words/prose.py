"""A file -> its prose: the same text, line by line, with one `·` for what is not prose.

.py      string literals and comments are prose; values in f-strings and escapes are not
others   all of it is
both     but for code in backticks, addresses and the targets of links
"""

from __future__ import annotations

import re
from pathlib import Path

LITERAL = r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
LEXEME = re.compile(rf"(?P<literal>(?:\b[rbfRBF]{{1,2}})?(?:{LITERAL}))|#(?P<comment>[^\n]*)")
QUOTES = re.compile(r"^\w*(\"\"\"|'''|\"|')|(\"\"\"|'''|\"|')$")
VALUE = re.compile(r"\{[^{}\n]*\}")
ESCAPE = re.compile(r"\\[nt]")
NOT_WORDS = re.compile(r"``[^`]+``|`[^`\n]+`|\]\([^)\s]+\)|https?://\S+")
SIGNS = re.compile(r"\S[^\n]*")


def prose(path: Path) -> str:
    """Return the prose of a file, at its own lines."""
    source = path.read_text(encoding="utf-8")
    return without_code(_of_python(source) if path.suffix == ".py" else source)


def without_code(text: str) -> str:
    """Return a text without code in backticks and without addresses."""
    return NOT_WORDS.sub(_dots, text)


def _of_python(source: str) -> str:
    """Return literals and comments where they are; those that only white space separates can share a phrase."""
    parts, end = [], 0
    for match in LEXEME.finditer(source):
        parts.append(SIGNS.sub("·", source[end : match.start()]))
        parts.append(f" {match['comment']}" if match["literal"] is None else _words(match["literal"]))
        end = match.end()
    return "".join([*parts, SIGNS.sub("·", source[end:])])


def _words(literal: str) -> str:
    return VALUE.sub(_dots, ESCAPE.sub("  ", QUOTES.sub(" ", literal)))


def _dots(match: re.Match[str]) -> str:
    return SIGNS.sub("·", match[0])
