"""Prose is broken at a terminal's width; source lines, carets and code between backticks are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source, plain, render
from cnnspec.engine.diagnostics.wrap import wrapped

MISTAKES = sorted((Path(__file__).parents[1] / "mistakes").glob("*.yaml"))[::6]


def test_prose_is_broken_at_spaces_and_aligned() -> None:
    """Lines after the first begin where the text began; what stands between backticks stays on one line."""
    said = wrapped("set `padding: 1` in line 6 and `padding: 2` in line 8", 40, 8)
    assert said == "set `padding: 1` in line 6 and\n        `padding: 2` in line 8"


def test_a_lone_backtick_is_kept() -> None:
    """A text that quotes half a pair loses nothing."""
    assert wrapped("a `lone one " + "word " * 20, 40, 4).split() == ["a", "`lone", "one", *["word"] * 20]


@pytest.mark.parametrize("width", [None, 20, 400])
def test_short_prose_and_narrow_terminals_are_left_alone(width: int | None) -> None:
    """Nothing is broken where it fits, where no width is known, or where no room is left."""
    assert wrapped("one two three four", width, 8) == "one two three four"


@pytest.mark.parametrize("path", MISTAKES, ids=[path.stem for path in MISTAKES])
def test_a_message_in_80_columns(path: Path) -> None:
    """All words are there in their order, and only source lines and what cannot be broken are wider than 80 columns."""
    for diagnostic in check_source(Source(path.name, path.read_text())):
        narrow, wide = render(diagnostic, 80).plain, plain(diagnostic)
        rule = [line for line in wide.splitlines() if " | " in line and "^" not in line and "--" not in line]
        assert [line for line in rule if line not in narrow.splitlines()] == []
        assert [word for word in narrow.split() if word != "|"] == [word for word in wide.split() if word != "|"]
        for line in (line for line in narrow.splitlines() if len(line) > 80):
            assert " | " in line or " " not in line.strip().replace("` ", "`") or "`" in line
