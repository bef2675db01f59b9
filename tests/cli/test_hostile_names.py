"""Names of files and folders that are no text, move a cursor, or are commands of something that reads the output."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from cnnspec.cli import check_text as checked
from cnnspec.engine.diagnostics import Diagnostic, Source
from tests.cli.test_streams import LINES, Stream, ended, folder, here

__all__ = ["folder", "here"]  # fixtures
NAMES = {
    "bytes": os.fsdecode(b"\xff"),
    "controls": "a\x1b[31m\u202e\n::error::y",
    "command": "::error::z",
}
INPUTS = ("small.yaml", "nets.py:Net", "sweep.yaml", "run", "swept", "images")


def renamed(line: tuple[str, ...], here: Path, stem: str) -> tuple[str, ...]:
    """The command with a hostile name for what it reads, and for what it writes."""
    words = []
    for word in line:
        name, colon, rest = word.partition(":")
        if word in INPUTS:
            new = f"{stem}{Path(name).suffix}"
            (here / name).rename(here / new)
            words.append(f"{new}{colon}{rest}")
        else:
            words.append(f"{stem}-{word}" if words and words[-1] == "--out" else word)
    return tuple(words)


@pytest.mark.parametrize("stem", NAMES.values(), ids=list(NAMES))
@pytest.mark.parametrize("line", [line for line in LINES if set(INPUTS) & set(line)], ids=" ".join)
def test_names_are_shown_and_never_obeyed(here: Path, line: tuple[str, ...], stem: str) -> None:
    """A command with such a name ends as with any other; what it prints holds no control character, and no command."""
    end = ended(renamed(line, here, stem), Stream(), Stream())
    assert end.code == 0 or (line[0] in ("train", "import") and end.code == 2)
    text = (end.out + end.err).decode()
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert line[-1] == "github" or not re.search(r"^\s*::(?!: )", text, re.MULTILINE)


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github", "gitlab"])
def test_one_name_that_is_no_text_leaves_the_others(here: Path, format: str) -> None:
    """A folder with a file whose name is not UTF-8 is checked whole, in each format."""
    (here / os.fsdecode(b"\xff.yaml")).write_text("cnnspec: 1\ninput: [3, 8, 8]\nlayers: [Nope]\n")
    (here / "wrong.yaml").write_text("cnnspec: 1\ninput: [3, 8, 8]\nlayers: [Nopes]\n")
    end = ended(("check", ".", "--format", format), Stream(), Stream())
    assert (end.code, end.err) == (3, b"")
    assert end.out.count(b"no layer is called `Nope") == 2
    assert (b"%FF.yaml" if format == "sarif" else b"\\xff.yaml") in end.out


@pytest.mark.parametrize("line", [line for line in LINES if "--out" in line or line[0] == "diagram"], ids=" ".join)
def test_a_name_that_is_too_long_ends_a_command_with_7(here: Path, line: tuple[str, ...]) -> None:
    """The file system refuses it, and the message says so with as much of the name as fits."""
    words = [*line[: line.index("--out")], *line[line.index("--out") + 2 :]] if "--out" in line else line
    end = ended((*words, "--out", f"{'x' * 300}.svg"), Stream(), Stream())
    assert (end.code, len(end.err) < 1000, b"File name too long" in end.err) == (7, True, True)


def test_a_line_is_no_command_of_a_runner(here: Path) -> None:
    """A line of a log that begins with `::` can hide what follows, or say that it is an error; no name begins one."""
    (here / "::stop-commands::x.yaml").write_text("cnnspec: 1\ninput: [1, 8, 8]\nlayers: [Flatten]\n")
    end = ended(("check", "::stop-commands::x.yaml"), Stream(), Stream())
    assert (end.code, end.out.decode().splitlines()[0]) == (0, r"\x3a:stop-commands::x.yaml: OK")


def test_a_name_that_the_locale_lacks_leaves_the_others(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where file names are not UTF-8, a text can name a file that no name of the system is; the others are checked."""
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")

    def lacking(source: Source, *_: object) -> tuple[Diagnostic, ...]:
        source.name.encode("ascii")
        return ()

    monkeypatch.setattr(checked, "check_source", lacking)
    (here / "\xe9.yaml").write_text("cnnspec: 1\n")
    end = ended(("check", "\xe9.yaml", "small.yaml"), Stream(), Stream())
    assert (end.code, b"small.yaml: OK" in end.out, "`\xe9.yaml` is not a file name".encode() in end.err) == (
        7,
        True,
        True,
    )
