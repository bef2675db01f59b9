"""`cnnspec diagram`: formats, files and mistakes of use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runner import run


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("svg", "<svg "), ("mmd", "---\ntitle:"), ("dot", "digraph "), ("gv", "digraph "), ("", "<svg ")],
)
def test_the_ending_says_the_format(tmp_path: Path, ending: str, begins: str) -> None:
    """A file is written whole, in the format of its ending; one without an ending gets SVG."""
    path = (tmp_path / "net").with_suffix(f".{ending}" if ending else "")
    result = run("diagram", "mnist/lenet", "--out", str(path))
    assert (result.exit_code, result.stderr) == (0, "")
    assert path.read_text(encoding="utf-8").startswith(begins)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_format_that_is_asked_for_wins(tmp_path: Path) -> None:
    """--format goes over the ending, and what is printed is what would be written."""
    path = tmp_path / "net.svg"
    assert run("diagram", "mnist/lenet", "--out", str(path), "--format", "dot").exit_code == 0
    assert path.read_text(encoding="utf-8") == run("diagram", "mnist/lenet", "--format", "dot").stdout


def test_an_ending_of_no_format_is_refused(tmp_path: Path) -> None:
    """Nothing is written, for an SVG called `net.png` would open nowhere; --format writes it all the same."""
    path = tmp_path / "net.png"
    result = run("diagram", "mnist/lenet", "--out", str(path))
    assert result.exit_code == 2
    assert "unsupported file extension `.png`" in result.stderr
    assert ".svg, .mmd, .mermaid, .dot and .gv; or say --format" in result.stderr
    assert not path.exists()
    assert run("diagram", "mnist/lenet", "--out", str(path), "--format", "svg").exit_code == 0


def test_settings_are_those_of_other_commands() -> None:
    """--variant, --set, --input and --depth reach the drawing."""
    text = run("diagram", "resnet", "--variant", "resnet18", "--set", "num_classes=7", "--input", "3,64,64").stdout
    assert all(part in text for part in ("fc 7", "3×64×64", "BasicBlock"))
    closed = run("diagram", "resnet18", "--depth", "1").stdout
    assert "14 layers" in closed
    assert "3×3 conv" not in closed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nope"], 2, "no spec is called `nope`"),
        (["mnist/lenet", "--set", "wdith=3"], 2, "has no param `wdith`"),
        (["mnist/lenet", "--format", "png"], 2, "png"),
        (["mnist/lenet", "--depth", "0"], 2, "at least 1"),
        (["mnist/lenet", "--out", "/nowhere/net.svg"], 7, "/nowhere/net.svg cannot be written: No such file"),
        (["mnist/lenet", "--out", "/"], 7, "/ cannot be written"),
    ],
)
def test_mistakes_of_use(arguments: list[str], code: int, message: str) -> None:
    """Each mistake has its exit code and says what is wrong, without a traceback."""
    result = run("diagram", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broken_spec_is_not_drawn(tmp_path: Path) -> None:
    """What is wrong with a spec is told, and no file is written."""
    path = tmp_path / "own.yaml"
    path.write_text("cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - MaxPool2d: {kernel_size: 9}\n")
    result = run("diagram", str(path), "--out", str(tmp_path / "own.svg"))
    assert result.exit_code == 3
    assert result.stderr.startswith("error[window-too-large]")
    assert not (tmp_path / "own.svg").exists()


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be written whole is not written at all."""
    path = tmp_path / "net.svg"
    path.write_text("before")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    result = run("diagram", "mnist/lenet", "--out", str(path))
    assert (result.exit_code, result.stderr) == (7, f"error: {path} cannot be written: No space left on device\n")
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    """The file that it leads to stays as it was, and the message names that file."""
    path, link = tmp_path / "net.svg", tmp_path / "link.svg"
    path.write_text("before")
    link.symlink_to(path)
    result = run("diagram", "mnist/lenet", "--out", str(link))
    assert result.exit_code == 7
    assert f"name the file itself: {path}" in result.stderr
    assert link.is_symlink()
    assert path.read_text() == "before"
