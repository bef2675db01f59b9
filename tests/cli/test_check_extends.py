"""`cnnspec check` of specs that extend others: each mistake is told in the file that it stands in, once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.runner import run
from tests.cli.test_check import here as here  # a fixture
from tests.cli.test_check import put
from tests.cli.test_check_watch import HEAD, Watcher
from tests.cli.test_check_watch import start as start  # a fixture

BASE = """cnnspec: 1
input: [3, 16, 16]
layers:
  - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1}
    id: stem
  - Add:
      - - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1}
          id: conv
      - []
  - MaxPool2d: {kernel_size: 2}
"""
MINE = """cnnspec: 1
extends: base.yaml
patch:
  - replace: stem
    layers: [Conv2d: {out_channels: 9, kernel_size: 3}]
"""
WRONG_BASE = BASE.replace("MaxPool2d", "MaxPol2d")


@pytest.fixture
def conflict(here: Path) -> Path:
    """A patch that the base's own line conflicts with."""
    put(here, nets__base=BASE, nets__mine=MINE)
    return here


def test_text_shows_both_files(conflict: Path) -> None:
    """The line of the base, and the line of the patch that its size comes from."""
    shown = run("check", "nets/mine.yaml")
    assert shown.exit_code == 3
    assert "--> nets/base.yaml:6:5" in shown.stdout
    assert "::: nets/mine.yaml:5:23" in shown.stdout
    assert "the second path gets its 9 here" in shown.stdout
    assert "= in: nets/mine.yaml:2, extends base.yaml" in shown.stdout


def test_each_format_names_the_file_of_each_place(conflict: Path) -> None:
    """JSON tells which spec was checked and where its mistake is; SARIF lists both files; the forges get a path."""
    record = json.loads(run("check", "--format", "json", "nets/mine.yaml").stdout)
    (found,) = record["diagnostics"]
    assert record["file"] == "nets/mine.yaml"
    assert (found["file"], found["line"]) == ("nets/base.yaml", 6)
    assert {label["file"] for label in found["labels"]} == {"nets/base.yaml", "nets/mine.yaml"}
    assert [frame.get("file") for frame in found["trace"]] == ["nets/mine.yaml"]
    (sarif,) = json.loads(run("check", "--format", "sarif", "nets/mine.yaml").stdout)["runs"]
    assert [file["location"]["uri"] for file in sarif["artifacts"]] == ["nets/base.yaml", "nets/mine.yaml"]
    place = sarif["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("nets/base.yaml", 6)
    assert "::error file=nets/base.yaml,line=6," in run("check", "--format", "github", "nets/mine.yaml").stdout
    (issue,) = json.loads(run("check", "--format", "gitlab", "nets/mine.yaml").stdout)
    assert issue["location"] == {"path": "nets/base.yaml", "lines": {"begin": 6, "end": 6}}


def test_a_mistake_of_a_base_is_told_once_in_a_folder(here: Path) -> None:
    """Of the base itself; the specs that extend it say so and are not sound either."""
    put(here, base=WRONG_BASE, mine="cnnspec: 1\nextends: base.yaml\n", other="cnnspec: 1\nextends: base.yaml\n")
    shown = run("check", ".")
    assert shown.exit_code == 3
    assert shown.stdout.count("error[unknown-layer]") == 1
    assert "mine.yaml: as base.yaml, which it extends" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "1 error in 3 specs"
    assert run("check", "--format", "github", ".").stdout.count("::error") == 1
    records = [json.loads(line) for line in run("check", "--format", "json", ".").stdout.splitlines()]
    assert [len(record["diagnostics"]) for record in records] == [1, 1, 1]


def test_fix_edits_the_checked_file_alone(here: Path) -> None:
    """A warning of a base stays, whatever extends it; one of a patch is mended in the patch."""
    base = BASE.replace("MaxPool2d: {kernel_size: 2}", "BatchNorm2d\n  - ReLU")
    put(
        here,
        base=base,
        mine=MINE.replace(
            "[Conv2d: {out_channels: 9, kernel_size: 3}]",
            """
      - Conv2d: {out_channels: 8, kernel_size: 3, padding: 1}
      - BatchNorm2d""",
        ),
    )
    fixed = run("check", "--fix", "mine.yaml")
    assert "1 warning fixed" in fixed.stdout
    assert (here / "base.yaml").read_text() == base
    assert "padding: 1, bias: false}" in (here / "mine.yaml").read_text()


def test_standard_input_extends_what_ships(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no folder, also where it is given the name of a file."""
    put(here, base=BASE)
    for base, code in [("mnist/lenet", 0), ("base.yaml", 3)]:
        text = io.TextIOWrapper(io.BytesIO(f"cnnspec: 1\nextends: {base}\n".encode()))
        monkeypatch.setattr("sys.stdin", text)
        assert run("check", "--stdin-name", "mine.yaml", "-").exit_code == code


def test_a_save_of_a_base_checks_what_extends_it(tmp_path: Path, start: Callable[..., Watcher]) -> None:
    """Also of a base that was not there, and of one that a save has brought in."""
    (tmp_path / "mine.yaml").write_text("cnnspec: 1\nextends: base.yaml\n")
    watcher = start("mine.yaml")
    watcher.until("1 error in 1 spec")
    (tmp_path / "base.yaml").write_text(BASE)
    assert HEAD.fullmatch(watcher.until("mine.yaml: OK")[0])[1] == "base.yaml changed"  # type: ignore[index]
    (tmp_path / "base.yaml").write_text(WRONG_BASE)
    assert any("--> base.yaml:10:5" in line for line in watcher.until("1 error in 1 spec"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "base.yaml").write_text(WRONG_BASE)
    (tmp_path / "mine.yaml").write_text("cnnspec: 1\nextends: deep/base.yaml\n")
    watcher.until("1 error in 1 spec")
    (tmp_path / "deep" / "base.yaml").write_text(BASE)
    assert HEAD.fullmatch(watcher.until("mine.yaml: OK")[0])[1] == "deep/base.yaml changed"  # type: ignore[index]
    assert watcher.stop() == 130
