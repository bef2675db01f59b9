"""`cnnspec fmt`: what it writes, what it leaves alone, and how it ends."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.cli.runner import run

UGLY = "cnnspec: 1\ninput: [3,8,8]   # sizes\nlayers:\n- ReLU\n"
NEAT = "cnnspec: 1\ninput: [3, 8, 8] # sizes\n\nlayers:\n  - ReLU\n"
BROKEN = "cnnspec: 1\nlayers: [\n"


def written(folder: Path, text: str, name: str = "net.yaml") -> str:
    path = folder / name
    path.write_bytes(text.encode())
    return str(path)


def test_a_file_is_rewritten_once(tmp_path: Path) -> None:
    """The second run finds nothing to do."""
    path = written(tmp_path, UGLY)
    assert run("fmt", path).stdout == f"{path}: formatted\n1 file formatted\n"
    assert Path(path).read_text() == NEAT
    assert run("fmt", path).stdout == "1 file unchanged\n"
    assert [each.name for each in tmp_path.iterdir()] == ["net.yaml"]


def test_check_writes_nothing(tmp_path: Path) -> None:
    """--check names the files that would change and ends with 3."""
    path = written(tmp_path, UGLY)
    result = run("fmt", "--check", path)
    assert (result.exit_code, result.stdout) == (3, f"{path}: not formatted\n1 file would be formatted\n")
    assert Path(path).read_text() == UGLY
    assert run("fmt", "--check", written(tmp_path, NEAT, "neat.yaml")).exit_code == 0


def test_diff_shows_the_change(tmp_path: Path) -> None:
    """--diff prints what would change, writes nothing and ends with 3."""
    path = written(tmp_path, UGLY)
    result = run("fmt", "--diff", path)
    assert result.exit_code == 3
    assert "-input: [3,8,8]   # sizes\n" in result.stdout
    assert "+input: [3, 8, 8] # sizes\n" in result.stdout
    assert Path(path).read_text() == UGLY


def test_a_broken_file_is_left_alone(tmp_path: Path) -> None:
    """What is not YAML is reported as `check` reports it; the other files are formatted."""
    broken, ugly = written(tmp_path, BROKEN, "a.yaml"), written(tmp_path, UGLY, "b.yaml")
    result = run("fmt", broken, ugly)
    assert result.exit_code == 3
    assert "error[yaml-syntax]" in result.stdout
    assert f"{broken}:2:9" in result.stdout
    assert Path(broken).read_text() == BROKEN
    assert Path(ugly).read_text() == NEAT


def test_line_ends_and_byte_order_mark_stay(tmp_path: Path) -> None:
    """A file of Windows stays one."""
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + UGLY.replace("\n", "\r\n").encode())
    assert run("fmt", str(path)).exit_code == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + NEAT.replace("\n", "\r\n").encode()


def test_links_and_shipped_specs_are_not_rewritten(tmp_path: Path) -> None:
    """A link is refused with 7."""
    path = written(tmp_path, UGLY)
    (tmp_path / "link.yaml").symlink_to(path)
    result = run("fmt", str(tmp_path / "link.yaml"))
    assert (result.exit_code, Path(path).read_text()) == (7, UGLY)
    assert "is a link" in result.stderr


def test_standard_input_goes_to_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor pipes a text through `cnnspec fmt -`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UGLY.encode()), encoding="utf-8"))
    result = run("fmt", "-")
    assert (result.exit_code, result.stdout) == (0, NEAT)


def test_a_folder_without_specs_is_a_mistake_of_use(tmp_path: Path) -> None:
    """As with `check`."""
    assert run("fmt", str(tmp_path)).exit_code == 2
