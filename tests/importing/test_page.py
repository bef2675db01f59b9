"""docs/how-to/importing.md shows what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.runner import run
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs/how-to/importing.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NETS = next(text for language, text in FENCES if language == "python")
LOOP = next(text for language, text in FENCES if language == "text" and text.startswith("        for block"))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_example_gives_the_spec_that_is_shown() -> None:
    """The module of the page is imported as the page says."""
    Path("nets.py").write_text(NETS, encoding="utf-8")
    shown = next(text for language, text in FENCES if language == "yaml")
    assert run("import", "nets.py:Net", "--input", "3,32,32").stdout == shown


def test_changed_example_gives_the_messages_that_are_shown() -> None:
    """With the lines that the page adds, the import says what the page shows."""
    loop = "        for block in self.blocks:\n            x = block(x)\n"
    assert loop in NETS
    Path("changed.py").write_text(NETS.replace(loop, LOOP), encoding="utf-8")
    done = run("import", "changed.py:Net", "--input", "3,32,32")
    assert done.exit_code == 3
    shown = next(text for language, text in FENCES if language == "text" and text.startswith("error["))
    assert done.stderr.strip() == shown.strip()
