"""Repairs that come with mistakes; that each of tests/mistakes does what it says is held by tests/test_mistakes.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.engine.checking import apply, check_source, diagnose
from cnnspec.engine.diagnostics import Source

FOLDER = Path(__file__).parent / "mistakes"


def words_of(path: Path) -> set[str]:
    """The repairs that are offered for the mistakes of a file."""
    return {repair.words for found in check_source(Source(path.name, path.read_text())) for repair in found.repairs}


@pytest.mark.deep
def test_most_mistakes_come_with_a_repair() -> None:
    """Of the files with mistakes at least half have a repair that an editor can make."""
    paths = list(FOLDER.glob("*.yaml"))
    assert sum(bool(words_of(path)) for path in paths) >= len(paths) / 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("linear-on-map", "put `- Flatten` before it"),
        ("forgotten-padding", "set `padding: 1` in line 6 and `padding: 2` in line 8"),
        ("batch-in-input", "write `input: [3, 32, 32]`: `input` does not include the batch"),
        ("other-dimensions", "write `Conv1d`"),
        ("unknown-layer", "write `Conv2d`"),
        ("undefined-from", "write `stem`"),
        ("misspelt-choice", "write `reflect`"),
        ("missing-argument", "add `kernel_size: 3`, or another value"),
        ("mistakes-that-hide-each-other", "write `Conv2d`"),
        ("stated-in-repeat", "omit `in_channels`: it is inferred"),
    ],
)
def test_repair_is_offered(name: str, words: str) -> None:
    """The repair that a reader would make is among those that are offered."""
    assert words in words_of(FOLDER / f"{name}.yaml")


def test_all_repairs_of_the_sound_parts_together() -> None:
    """A file with several misspellings is sound after the first repair of each."""
    source = Source("misspelt-argument.yaml", (FOLDER / "misspelt-argument.yaml").read_text())
    edits = [edit for found in check_source(source) for edit in found.repairs[0].edits]
    assert diagnose(apply(source, edits)) == ()


def test_a_repair_that_moves_a_mistake_up_is_not_offered() -> None:
    """An input without its batch would mend a BatchNorm1d, and break the Conv2d above it."""
    text = "cnnspec: 1\ninput: [3, 32, 32]\nlayers:\n  - Conv2d: {out_channels: 4, kernel_size: 3}\n  - BatchNorm1d\n"
    (found,) = check_source(Source("own.yaml", text))
    assert (found.code, found.span.line) == ("wrong-rank", 5)
    assert [repair.words for repair in found.repairs] == ["write `BatchNorm2d`"]
