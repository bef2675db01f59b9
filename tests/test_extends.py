"""Mistakes of specs that extend others: each in a file of tests/extends, with the file and place it must be told at."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Diagnostic, plain
from cnnspec.engine.spec.shipped import open_source
from tests.cli.runner import run

FOLDER = Path(__file__).parent / "extends"
EXPECTED = re.compile(r"^# expect: (\S+) (\S+) (\d+):(\d+)$", re.MULTILINE)
FILES = [path for path in sorted(FOLDER.glob("*.yaml")) if EXPECTED.search(path.read_text())]
BASES = [path for path in sorted(FOLDER.glob("*.yaml")) if path not in FILES and path.stem != "broken"]


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


def found_in(path: Path) -> tuple[Diagnostic, ...]:
    return check_source(open_source(path, path.name))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_mistake_has_its_code_and_place(path: Path) -> None:
    """It is told in the file that it stands in, once, and nothing that follows from it."""
    expected = [(code, file, int(line), int(column)) for code, file, line, column in EXPECTED.findall(path.read_text())]
    found = [(d.code, d.span.source.name, d.span.line, d.span.column) for d in found_in(path)]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_message_reads_as_its_golden_file(path: Path, golden: Callable[[Path, str], None]) -> None:
    """The rendered messages are those that were reviewed."""
    golden(path.with_suffix(".txt"), "\n".join(plain(diagnostic) for diagnostic in found_in(path)))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_command_ends_with_3_and_no_traceback(path: Path) -> None:
    """The command prints the same and exits with 3; no repair edits another file."""
    shown = run("check", path.name)
    assert shown.exit_code == 3
    assert "Traceback" not in shown.output
    edits = [edit for d in found_in(path) for repair in d.repairs for edit in repair.edits]
    assert {edit.span.source.name for edit in edits} <= {path.name}


@pytest.mark.parametrize("path", BASES, ids=[path.stem for path in BASES])
def test_their_bases_are_sound(path: Path) -> None:
    """What is wrong is what the patches bring about."""
    assert not [d for d in found_in(path) if d.severity == "error"]
