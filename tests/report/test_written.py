"""Where a report goes: nothing of anyone else is overwritten, and what is cut off can be written again."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.engine.diagnostics import UsageError
from cnnspec.pytorch.report import write as written
from cnnspec.pytorch.report.blocks import Document, Paragraph, Section
from cnnspec.pytorch.report.write import write_report
from tests.cli.runner import run
from tests.report.made import Folders, held


def document(text: str) -> Document:
    return Document("a title", "a lead", (Section("one", "One", (Paragraph(text),)),))


def test_a_report_replaces_the_last_one(tmp_path: Path) -> None:
    """Its files, and pictures that it no longer has are gone; what is not its own stays."""
    write_report(document("first"), tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    known = written._known(tmp_path / "out")
    (tmp_path / "out" / "old.png").write_bytes(b"old")
    (tmp_path / "out" / "edited.png").write_bytes(b"edited")
    old = {"old.png": [written._hash(b"old")], "edited.png": [written._hash(b"as it was")]}
    written._write_own(tmp_path / "out", {**known, **old})
    write_report(document("second"), tmp_path / "out")
    assert "second" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {"report.html", "report.md", "report.json", "notes.txt", "edited.png"}


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_a_file_of_anyone_else_is_in_the_way(tmp_path: Path, name: str) -> None:
    """Also one that a report wrote and someone has edited; nothing is written then."""
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="nothing was overwritten"):
        write_report(document("first"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    (tmp_path / name).unlink()
    write_report(document("first"), tmp_path)
    (tmp_path / name).write_text("edited", encoding="utf-8")
    with pytest.raises(UsageError, match=f"{name} was not written by a report"):
        write_report(document("second"), tmp_path)
    assert (tmp_path / name).read_text(encoding="utf-8") == "edited"


def test_a_list_that_cannot_be_read_is_in_the_way(tmp_path: Path) -> None:
    """A report.json of something else is kept."""
    (tmp_path / "report.json").write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(UsageError, match="report"):
        write_report(document("first"), tmp_path)
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == "[1, 2]"


def test_what_is_cut_off_can_be_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever write is the last one: the next report knows all files, old and new, for its own."""
    whole = written.write
    write_report(document("first"), tmp_path)
    for last in range(4):
        left = iter(range(last))

        def until(path: Path, data: bytes, left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise KeyboardInterrupt
            whole(path, data)

        monkeypatch.setattr(written, "write", until)
        with pytest.raises(KeyboardInterrupt):
            write_report(document(f"cut {last}"), tmp_path)
        monkeypatch.setattr(written, "write", whole)
        write_report(document(f"after {last}"), tmp_path)
        assert f"after {last}" in (tmp_path / "report.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
def test_the_command_says_what_it_wrote(folders: Folders) -> None:
    """The best settings, what there is to note, and the files."""
    runs = [str(folders.run("a", held(100), correct=300)), str(folders.run("b", held(110), data="mnist", correct=310))]
    done = run("compare", *runs, "--out", str(folders.folder / "out"), "--title", "two sets")
    assert done.exit_code == 0, done.output
    assert "different data" in done.stdout
    assert f"{100 * 110 / 144:.2f} %" in done.stdout
    assert f"{folders.folder / 'out' / 'report.html'} is written" in done.stdout
    names = {path.name for path in (folders.folder / "out").iterdir()}
    assert {"report.html", "report.md", "curves.png", "curves.svg", "test.png"} <= names
    file = folders.folder / "file"
    file.write_text("", encoding="utf-8")
    done = run("compare", *runs, "--out", str(file))
    assert (done.exit_code, "is a file" in done.stderr) == (2, True)
