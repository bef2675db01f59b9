"""Globs over keys: ``layer4.*.conv2``, ``features.**``.

`*` stands for any characters within one part of a key, `**` for any number of parts. All else stands for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from cnnspec.engine.diagnostics import nearest

ANY, ANY_PARTS = "*", "**"


class Pattern(Struct, frozen=True):
    """A glob, cut at its dots."""

    parts: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Pattern:
        return cls(tuple(text.split(".")))

    def __str__(self) -> str:
        return ".".join(self.parts)

    @property
    def fault(self) -> str:
        """Why it can match nothing, or nothing."""
        if not all(self.parts):
            return "a part before, after or between its dots is empty"
        if any(ANY_PARTS in part and part != ANY_PARTS for part in self.parts):
            return "`**` matches whole parts of a key, so it must be alone between dots"
        return ""

    @property
    def lone_word(self) -> bool:
        """Whether it is a name without a star and without a dot."""
        return len(self.parts) == 1 and ANY not in self.parts[0]

    def matches(self, key: str) -> bool:
        return _fits(self.parts, key.split("."))

    def near(self, keys: Collection[str]) -> Pattern | None:
        """The pattern that was most likely meant: one part of it differs, and it matches a key."""
        for number, part in enumerate(self.parts):
            before, rest = self.parts[:number], self.parts[number + 1 :]
            if any(Pattern((*before, part, ANY_PARTS)).matches(key) for key in keys):
                continue
            word = nearest(part, _parts_behind(before, keys))
            return _first_that_fits((*before, word), rest, keys) if word else None
        return None


def _first_that_fits(mended: tuple[str, ...], rest: tuple[str, ...], keys: Collection[str]) -> Pattern | None:
    """The mended parts with what stood behind them, or with all that lies below them."""
    candidates = (Pattern((*mended, *rest)), Pattern((*mended, ANY_PARTS)))
    return next((found for found in candidates if any(found.matches(key) for key in keys)), None)


def _parts_behind(before: tuple[str, ...], keys: Iterable[str]) -> Iterable[str]:
    """The parts that can follow ``before`` in a key."""
    cut = [key.split(".") for key in keys]
    if ANY_PARTS in before:
        return dict.fromkeys(part for parts in cut for part in parts)
    fitting = (parts for parts in cut if len(parts) > len(before) and _all_fit(before, parts))
    return dict.fromkeys(parts[len(before)] for parts in fitting)


def _all_fit(before: tuple[str, ...], parts: Sequence[str]) -> bool:
    return all(_part_fits(pattern, part) for pattern, part in zip(before, parts, strict=False))


def _part_fits(pattern: str, part: str) -> bool:
    """Whether what stands between the stars of a pattern comes in its order: each piece where it is found first."""
    if ANY not in pattern:
        return pattern == part
    first, *pieces, last = pattern.split(ANY)
    at, end = len(first), len(part) - len(last)
    if at > end or not part.startswith(first) or not part.endswith(last):
        return False
    for piece in pieces:
        found = part.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _fits(pattern: Sequence[str], text: Sequence[str]) -> bool:
    """Whether the parts of a key fit. The last `**` alone is tried anew, so the work is a product, never a power."""
    at = read = 0
    last, mark = -1, 0
    while read < len(text):
        if at < len(pattern) and pattern[at] == ANY_PARTS:
            last, mark = at, read
            at += 1
        elif at < len(pattern) and _part_fits(pattern[at], text[read]):
            at, read = at + 1, read + 1
        elif last >= 0:
            at, mark = last + 1, mark + 1
            read = mark
        else:
            return False
    return all(part == ANY_PARTS for part in pattern[at:])
