"""Prose -> findings: the phrases of the glossary, and what to use instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.words.allowed import ALLOWED
from tests.words.glossary import PHRASES, compiled
from tests.words.prose import prose

REPOSITORY = Path(__file__).parents[2]
SUFFIXES = {".py", ".md", ".txt", ".yaml", ".toml", ".mmd", ".dot", ".html", ".css", ".js", ".j2", ".jinja"}


SKIPPED = {"__pycache__", "words"}  # the glossary and its test quote what they refuse


class Finding(NamedTuple):
    """A phrase at a line of a file, and the better word."""

    path: str
    line: int
    phrase: str
    better: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.phrase} → use {self.better}"


@cache
def patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the glossary, compiled."""
    return compiled(PHRASES)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Return the files that have words, of these files and folders."""
    for path in paths:
        inner = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (p for p in inner if p.is_file() and p.suffix in SUFFIXES and not SKIPPED & {*p.parts})


def scan(paths: Iterable[Path]) -> Iterator[Finding]:
    """Return what the glossary has against these files and folders, line by line, without the allowed uses."""
    return (finding for finding in scan_all(paths) if not any(a.allows(finding.path, finding.phrase) for a in ALLOWED))


def scan_all(paths: Iterable[Path]) -> Iterator[Finding]:
    """Return the allowed uses too."""
    for path in files(paths):
        yield from findings(relative(path), prose(path))


def findings(path: str, text: str) -> list[Finding]:
    """Return the phrases of the glossary in a text, in its order."""
    matches = [(match, better) for pattern, better in patterns() for match in pattern.finditer(text)]
    matches.sort(key=lambda pair: pair[0].start())
    return [Finding(path, text.count("\n", 0, m.start()) + 1, " ".join(m[0].split()), better) for m, better in matches]


def relative(path: Path) -> str:
    """Return a path as findings and allowances write it."""
    resolved = path.resolve()
    return str(resolved.relative_to(REPOSITORY)) if resolved.is_relative_to(REPOSITORY) else str(path)
