"""The commands of docs/how-to/evaluate.md run in their order, and leave the pictures that it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.cli.runner import run
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "how-to" / "evaluate.md"


def test_the_commands_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one epoch in place of twenty; what they print differs with the machine."""
    monkeypatch.chdir(tmp_path)
    seven = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(seven).line([(60, 50), (140, 50), (90, 160)], fill=0, width=18)
    seven.save("seven.png")
    text = PAGE.read_text(encoding="utf-8")
    commands = re.findall(r"^\$ cnnspec (.*)$", text, re.MULTILINE)
    assert len(commands) >= 7
    for command in commands:
        done = run(*command.replace("--epochs 20", "--epochs 1").split())
        assert done.exit_code == 0, f"{command}\n{done.stderr}"
    written = {path.name for path in (*tmp_path.iterdir(), *tmp_path.glob("runs/digits/*"))}
    shown = {Path(path).name for path in re.findall(r"!\[[^]]*\]\((\S+)\)", text)}
    assert len(shown) == 4
    assert shown <= written


def test_the_pictures_of_the_page_are_there() -> None:
    """Each is a picture of its own."""
    for path in re.findall(r"!\[[^]]*\]\((\S+)\)", PAGE.read_text(encoding="utf-8")):
        with Image.open(PAGE.parent / path) as picture:
            assert min(picture.size) > 200
