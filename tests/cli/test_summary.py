"""`cnnspec summary`: columns by name, types of numbers, and specs that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnnspec.cli.summary import Dtype
from cnnspec.engine.network.memory import BYTES
from cnnspec.engine.table.columns import COLUMNS
from tests.cli.runner import run

BROKEN = """\
cnnspec: 1
input: [1, 8, 8]
layers:
  - Conv2d: {out_channels: 4, kernel_size: 3}
    id: first
  - Sequential:
      - ReLU
      - MaxPool2d: {kernel_size: 9}
      - Tanh
    id: middle
  - Linear: {out_features: 3}
"""


@pytest.fixture
def broken(tmp_path: Path) -> str:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    return str(path)


def test_every_column_can_be_asked_for() -> None:
    """Each column of the help is one, and the table is as wide as it must be."""
    result = run("summary", "mnist/lenet", "--columns", ",".join(COLUMNS))
    assert (result.exit_code, result.stderr) == (0, "")
    assert all(f" {column.heading}" in result.stdout for column in COLUMNS.values())
    assert "…" not in result.stdout
    help = " ".join(run("summary", "--help").stdout.replace("│", " ").split())
    assert all(f" {name}," in help or f" {name} and" in help or f" {name}." in help for name in COLUMNS)


def test_types_of_numbers_are_those_of_memory() -> None:
    """The option offers what can be reckoned with, and halves what is halved."""
    assert [dtype.value for dtype in Dtype] == list(BYTES)
    kept = [
        json.loads(run("summary", "mnist/lenet", "--format", "json", "--dtype", dtype).stdout)["memory"]["weights"]
        for dtype in ("float32", "bfloat16")
    ]
    assert kept == [4 * 61_706, 2 * 61_706]
    assert "float64: 482 KiB weights" in run("summary", "mnist/lenet", "--dtype", "float64").stdout


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown"])
def test_misspelt_columns_are_mistakes_of_use(format: str) -> None:
    """A column that is not there is refused, with the nearest one."""
    result = run("summary", "mnist/lenet", "--columns", "key,jmup", "--format", format)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: there is no column `jmup`\n  = help: did you mean `jump`?\n"


@pytest.mark.parametrize("columns", ["key,layer,output,params,macs,share", ",".join(COLUMNS)])
def test_a_broken_spec_shows_what_comes_before(broken: str, columns: str) -> None:
    """The table goes up to the mistake, the mistake follows on standard error, and the exit code is 3."""
    result = run("summary", broken, "--columns", columns)
    assert result.exit_code == 3
    rows = [line for line in result.stdout.splitlines() if line.startswith(" ") and line.strip(" ─")]
    assert [row.split()[:2] for row in rows[1:]] == [["first", "Conv2d"], ["middle", "Sequential"], ["0", "ReLU"]]
    assert "params ·" not in result.stdout
    assert result.stderr.startswith("error[window-too-large]")


def test_a_mistake_in_the_text_shows_what_comes_before(tmp_path: Path) -> None:
    """A name that is no layer's, too, is a mistake that the table stops at."""
    path = tmp_path / "own.yaml"
    path.write_text(BROKEN.replace("MaxPool2d: {kernel_size: 9}", "Tahn"))
    result = run("summary", str(path))
    assert result.exit_code == 3
    assert "4×6×6" in result.stdout
    assert "did you mean `Tanh`?" in result.stderr


@pytest.mark.parametrize("format", ["json", "csv", "markdown"])
def test_records_of_a_broken_spec_are_none(broken: str, format: str) -> None:
    """Programs get all or nothing."""
    result = run("summary", broken, "--format", format)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("error[window-too-large]")


def test_a_broken_first_line_shows_no_table(tmp_path: Path) -> None:
    """Where no shape is known there is no table."""
    path = tmp_path / "own.yaml"
    path.write_text("cnnspec: 1\ninput: [1, 8, 8]\nlayers:\n  - MaxPool2d: {kernel_size: 9}\n")
    result = run("summary", str(path))
    assert (result.exit_code, result.stdout) == (3, "")
