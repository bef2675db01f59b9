"""Typical mistakes: each in a file of tests/mistakes, whose first lines say the codes and places it must get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec.checking import check_source
from cnnspec.diagnostics import Source, plain
from cnnspec.syntax.marks import is_recipe, is_sweep
from tests.cli.runner import run

FOLDER = Path(__file__).parent / "mistakes"
FILES = sorted(FOLDER.glob("*.yaml"))
OF_SPECS = [p for p in FILES if not any(other(Source(p.name, p.read_text())) for other in (is_recipe, is_sweep))]
EXPECTED = re.compile(r"^# expect: (\S+) (\d+):(\d+)$", re.MULTILINE)

pytestmark = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def expected(path: Path) -> list[tuple[str, int, int]]:
    return sorted((code, int(line), int(column)) for code, line, column in EXPECTED.findall(path.read_text()))


def test_mistake_has_its_code_and_place(path: Path) -> None:
    """A mistake is found with its code, line and column, and nothing is said of what follows from it."""
    found = check_source(Source(path.name, path.read_text()))
    assert sorted((d.code, d.span.line, d.span.column) for d in found) == expected(path)


def test_message_reads_as_its_golden_file(path: Path, golden: Callable[[Path, str], None]) -> None:
    """The rendered messages are those that were reviewed."""
    found = check_source(Source(path.name, path.read_text()))
    golden(path.with_suffix(".txt"), "\n".join(plain(diagnostic) for diagnostic in found))


def test_command_ends_with_3_and_no_traceback(path: Path) -> None:
    """The command prints every mistake of a file in one run, as text and as JSON, and exits with 3."""
    text, record = run("check", str(path)), run("check", "--format", "json", str(path))
    assert text.exit_code == record.exit_code == 3
    assert "Traceback" not in text.output
    found = json.loads(record.stdout)["diagnostics"]
    assert sorted((d["code"], d["line"], d["column"]) for d in found) == expected(path)
    assert all(f"{d['severity']}[{d['code']}]: {d['message']}" in text.stdout for d in found)
