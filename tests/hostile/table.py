"""The table of docs/explanation/security.md: read by a test, written by `make hostile`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "explanation" / "security.md"
HEADING = "| what | answer | seconds | MB | test |\n| --- | --- | ---: | ---: | --- |\n"
ROW = re.compile(
    r"^\| (?P<name>.+?) \| `(?P<answer>[^`]+)` \| (?P<seconds>[\d.]+) \| (?P<megabytes>\d+) \|", re.MULTILINE
)


@dataclass(frozen=True)
class Row:
    """What one hostile spec cost."""

    name: str
    answer: str
    seconds: float
    megabytes: float
    test: str

    def line(self) -> str:
        return f"| {self.name} | `{self.answer}` | {self.seconds:.2f} | {self.megabytes:.0f} | `{self.test}` |"


def with_rows(page: str, rows: Sequence[Row]) -> str:
    """The page with these rows in place of those that it has."""
    before, _, after = page.partition(HEADING)
    behind = after[after.index("\n\n") :]
    return before + HEADING + "\n".join(row.line() for row in rows) + behind


def listed(page: str) -> dict[str, str]:
    """The answer of each case that the page names."""
    return {match["name"]: match["answer"] for match in ROW.finditer(page)}
