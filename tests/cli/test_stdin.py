"""`-` in place of a spec's name: every command that reads a spec takes it from standard input."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.runner import Result, run

TWO = """\
cnnspec: 1
name: two heads
input: [3, 8, 8]
params: {width: 4}
variants: {wide: {width: 8}}
outputs: {a: fa, b: fb}
layers:
  - Flatten:
    id: f
  - Linear: {out_features: $width}
    id: fa
  - Linear: {out_features: 2}
    id: fb
    from: f
"""


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TWO.encode())))


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("check", "-"), "<stdin>: OK"),
        (("summary", "-"), "two heads\n"),
        (("summary", "-", "--format", "csv"), "fa,Linear"),
        (("summary", "-", "--variant", "wide"), "two heads:wide\n"),
        (("inputs", "-"), "two heads accepts inputs with 3 channels"),
        (("diagram", "-", "--format", "dot"), "two heads"),
        (("diagram", "-", "--set", "width=7", "--format", "mermaid"), "3×8×8 → a 7, b 2"),
        (("export", "-"), "class TwoHeads("),
    ],
    ids=" ".join,
)
def test_commands_read_standard_input(piped: None, arguments: tuple[str, ...], printed: str) -> None:
    """A spec that is piped in is shown as one that stands in a file."""
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert printed in result.stdout


def test_what_must_be_found_again_is_not_piped(piped: None) -> None:
    """A run is resumed from its file: `train -` says what to do instead."""
    result = run("train", "-", "--data", "digits")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: a spec cannot come from standard input here\n  = help: save it")


@pytest.mark.parametrize("command", ["summary", "diagram", "inputs", "export"])
def test_mistakes_are_placed_in_standard_input(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages call the text <stdin>."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TWO.replace("Flatten", "Flaten").encode())))
    result = run(command, "-")
    assert result.exit_code == 3
    assert "  --> <stdin>:8:5\n" in result.stderr


def titles(*arguments: str) -> list[str]:
    """The titles of the table, of its Markdown, and of the drawing in its three formats."""
    table = run("summary", *arguments).stdout.splitlines()[0]
    markdown = run("summary", *arguments, "--format", "markdown").stdout.splitlines()[0].strip("*")
    svg = run("diagram", *arguments).stdout.partition('<title id="title">')[2].partition("</title>")[0]
    mermaid = run("diagram", *arguments, "--format", "mermaid").stdout.splitlines()[1].partition(": ")[2].strip('"')
    dot = run("diagram", *arguments, "--format", "dot").stdout.partition(" {")[0].removeprefix("digraph ").strip('"')
    return [table, markdown, *(title.partition(":")[0] for title in (svg, mermaid, dot))]


def test_tables_and_drawings_bear_the_name_of_the_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The spec's `name`; without one the path; of a shipped spec the name it was asked for by; `--title` over all."""
    monkeypatch.chdir(tmp_path)
    path = Path("mine.yaml")
    path.write_text(TWO)
    assert titles(str(path)) == ["two heads"] * 5
    assert titles(str(path), "--title", "Figure 3") == ["Figure 3"] * 5
    assert titles("mnist/lenet") == ["mnist/lenet"] * 5
    path.write_text(TWO.replace("name: two heads\n", ""))
    assert titles(str(path)) == [str(path)] * 5


def test_the_name_of_a_base_is_not_the_copys(tmp_path: Path) -> None:
    """An edited copy without a name of its own goes by its path."""
    base, copy = tmp_path / "base.yaml", tmp_path / "copy.yaml"
    base.write_text(TWO)
    copy.write_text("cnnspec: 1\nextends: base.yaml\n")
    assert run("summary", str(copy)).stdout.splitlines()[0] == str(copy)


@pytest.mark.parametrize(("text", "what"), [("cnnspec_recipe: 1\n", "recipe"), ("cnnspec_sweep: 1\n", "sweep")])
def test_a_file_of_another_kind_is_named(text: str, what: str, tmp_path: Path) -> None:
    """A recipe or a sweep in place of a spec is one mistake, not one for each of its keys."""
    path = tmp_path / "other.yaml"
    path.write_text(text)
    for command in ("summary", "diagram", "inputs", "export"):
        result: Result = run(command, str(path))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {path} is a {what}, not a spec\n")
