"""Typical mistakes: each in a file of tests/mistakes, whose first lines say the codes and places it must get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec.engine.checking import apply, check_source, diagnose
from cnnspec.engine.diagnostics import Diagnostic, Source, plain
from cnnspec.engine.syntax.marks import is_recipe, is_sweep
from tests.cli.runner import run

FOLDER = Path(__file__).parent / "mistakes"
FILES = sorted(FOLDER.glob("*.yaml"))
OF_SPECS = [p for p in FILES if not any(other(Source(p.name, p.read_text())) for other in (is_recipe, is_sweep))]
EXPECTED = re.compile(r"^# expect: (\S+) (\d+):(\d+)$", re.MULTILINE)


def expected(path: Path) -> list[tuple[str, int, int]]:
    return sorted((code, int(line), int(column)) for code, line, column in EXPECTED.findall(path.read_text()))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_mistake(path: Path, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is checked once; what is found is held to its place, its golden text, the command and its repairs."""
    source = Source(path.name, path.read_text())
    found = check_source(source)
    has_codes_and_places(path, found)
    golden(path.with_suffix(".txt"), "\n".join(plain(diagnostic) for diagnostic in found))
    monkeypatch.chdir(FOLDER)
    monkeypatch.setattr("cnnspec.cli.check_text.check_source", lambda given, *_: found if given == source else None)
    command_ends_with_3_and_no_traceback(path, found)
    repairs_mend_their_mistakes(source, found)


def has_codes_and_places(path: Path, found: tuple[Diagnostic, ...]) -> None:
    """A mistake is found with its code, line and column, and nothing is said of what follows from it."""
    assert sorted((d.code, d.span.line, d.span.column) for d in found) == expected(path)


def command_ends_with_3_and_no_traceback(path: Path, found: tuple[Diagnostic, ...]) -> None:
    """The command prints every mistake of a file in one run, as text and as JSON, and exits with 3."""
    text, record = run("check", path.name), run("check", "--format", "json", path.name)
    assert text.exit_code == record.exit_code == 3
    assert "Traceback" not in text.output
    told = json.loads(record.stdout)["diagnostics"]
    assert sorted((d["code"], d["line"], d["column"]) for d in told) == expected(path)
    assert all(f"{d['severity']}[{d['code']}]: {d['message']}" in text.stdout for d in told)


def repairs_mend_their_mistakes(source: Source, found: tuple[Diagnostic, ...]) -> None:
    """After the edits of a repair its message is gone, and every line that no edit touches stands as it stood."""
    offered = [(diagnostic, repair) for diagnostic in found for repair in diagnostic.repairs]
    before = diagnose(source) if offered else ()
    for diagnostic, repair in offered:
        edited = apply(source, repair.edits)
        same = [d for d in diagnose(edited) if (d.code, d.message) == (diagnostic.code, diagnostic.message)]
        assert len(same) < sum((d.code, d.message) == (diagnostic.code, diagnostic.message) for d in before) or (
            diagnostic.code == "yaml-syntax" and all(d.span.line != diagnostic.span.line for d in same)
        ), repair.words
        touched = {n for e in repair.edits for n in range(e.span.line, e.span.end_line + 1)}
        kept = [text for number, text in enumerate(source.lines, 1) if number not in touched]
        rest = iter(edited.lines)
        assert all(text in rest for text in kept), repair.words


def test_mistakes_of_files_reach_the_command() -> None:
    """What the command finds in a file, with nothing taken from a test, is what was reviewed."""
    path = FOLDER / "unknown-key.yaml"
    assert run("check", str(path)).stdout.count("error[unknown-key]") == len(expected(path))
