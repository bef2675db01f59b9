"""The comments of a YAML text: what follows a `#` that no scalar holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

HASH = re.compile("#")


class Comment(Struct, frozen=True):
    """A comment: its text from the `#` on, where it begins (both from 0), and whether it has its line to itself."""

    line: int
    column: int
    text: str
    alone: bool


def comments(lines: list[str], scalars: Iterable[tuple[int, int, int, int]]) -> dict[int, Comment]:
    """The comments by their lines. ``scalars`` are the places of all scalars: line, column, end line, end column."""
    covered: dict[int, list[tuple[int, int]]] = {}
    for line, column, end_line, end_column in scalars:
        for number in range(line, end_line + 1):
            start = column if number == line else 0
            end = end_column if number == end_line else len(lines[number]) if number < len(lines) else 0
            if end > start:
                covered.setdefault(number, []).append((start, end))
    found = {}
    for number, text in enumerate(lines):
        if "#" not in text:
            continue
        for match in HASH.finditer(text):
            at = match.start()
            if not any(start <= at < end for start, end in covered.get(number, ())):
                found[number] = Comment(number, at, text[at:].rstrip(), not text[:at].strip())
                break
    return found
