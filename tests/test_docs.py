"""What the README and the docs show is what happens."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source, plain
from tests.cli.runner import run
from tests.conftest import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
PAGES.remove(REPOSITORY / "docs" / "reference" / "errors.md")  # half of its specs fail: tests/test_explanations.py
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ALONE = re.compile(r"cnnspec (?P<arguments>[^|<>&;$`]+?)(?: > (?P<file>\S+))?")
SLOW = ("make ", "pip ", "cnnspec train", "cnnspec eval", "cnnspec export mnist/lenet --to ", "python -m venv")


def blocks(language: str) -> list[tuple[str, str]]:
    """Fenced blocks of a language, with the page and line at which each stands."""
    return [
        (f"{page.relative_to(REPOSITORY)}:{text[: match.start()].count(chr(10)) + 1}", match[2])
        for page in PAGES
        for text in [page.read_text(encoding="utf-8")]
        for match in FENCE.finditer(text)
        if match[1] == language
    ]


SPECS = [(place, text) for place, text in blocks("yaml") if text.startswith("cnnspec: 1")]


@pytest.mark.parametrize("text", [t for _, t in SPECS], ids=[p for p, _ in SPECS])
def test_specs_are_sound(text: str) -> None:
    """Every whole spec in the docs is sound under each of its variants."""
    found = check_source(Source("docs", text))
    assert not found, "\n".join(map(plain, found))


@pytest.mark.parametrize("text", [t for _, t in blocks("python")], ids=[p for p, _ in blocks("python")])
def test_python_runs(text: str) -> None:
    """Every Python example runs, and `# ` behind an expression, however many lines it takes, is what it gives."""
    namespace: dict[str, object] = {}
    for statement in ast.parse(text).body:
        code = ast.get_source_segment(text, statement) or ""
        behind = text.splitlines()[statement.end_lineno - 1].encode()[statement.end_col_offset :].decode()
        if isinstance(statement, ast.Expr) and behind.startswith("  # "):
            assert repr(eval(code, namespace)) == behind.removeprefix("  # ")
        else:
            exec(code, namespace)


@pytest.mark.parametrize("page", sorted({place.partition(":")[0] for place, _ in blocks("console")}))
def test_console_shows_what_is_printed(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of a page prints what stands below it; those that install or train are left to people."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    for place, text in blocks("console"):
        parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
        for part in parts if place.startswith(f"{page}:") else ():
            command, _, shown = part.partition("\n")
            if command.startswith(SLOW):
                continue
            printed = "\n".join(line.rstrip() for line in printed_by(command).splitlines())
            assert printed.strip("\n") == shown.strip("\n"), f"{place}: $ {command}"


def printed_by(command: str) -> str:
    """What a line prints: a call of cnnspec alone in this process, which has imported it already, others by a shell."""
    if (call := ALONE.fullmatch(command)) is None:
        return subprocess.run(
            ["bash", "-c", f"exec 2>&1; {command}"], capture_output=True, text=True, check=False
        ).stdout
    done = run(*shlex.split(call["arguments"]))
    if call["file"]:
        Path(call["file"]).write_text(done.stdout, encoding="utf-8")
    return done.stderr if call["file"] else done.output


LINKED = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    """Every relative link of a page names a file of the repository and, after `#`, one of its headings."""
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, heading = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        if heading:
            assert heading in headings(linked), target


def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
