"""How tables are laid out: no blanks at the ends of lines in a pipe, no cell cut, and keys kept at every width."""

from __future__ import annotations

import pytest

from cnnspec.cli.tables import print_fitting
from tests.cli.runner import run

TABLES = (
    ("zoo",),
    ("layers",),
    ("layers", "Conv2d"),
    ("summary", "mnist/resnet50"),
    ("summary", "mnist/googlenet", "--columns", "key,layer,input,start"),
    ("inputs", "unet"),
    ("explain", "window-too-large"),
)


@pytest.mark.parametrize("columns", ["40", ""])
@pytest.mark.parametrize("command", TABLES, ids=" ".join)
def test_lines_in_a_pipe_end_in_no_blanks(
    command: tuple[str, ...], columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is filled up to the width of the table, and no cell ends in an ellipsis."""
    monkeypatch.setenv("COLUMNS", columns)
    printed = run(*command).stdout
    assert len(printed.splitlines()) > 5
    assert not [line for line in printed.splitlines() if line != line.rstrip()]
    assert "…" not in printed.replace(" … ", "")  # as in `1 … 5`, five blocks


@pytest.mark.parametrize(
    ("columns", "kept", "note"),
    [
        ("", "key layer output params MACs share", ""),
        ("80", "key layer output params MACs share", ""),
        ("72", "key layer output params MACs", "no room for share in 72 columns"),
        ("50", "key layer output", "no room for params, macs and share in 50 columns"),
        ("20", "key layer", "no room for output, params, macs and share in 20 columns"),
    ],
)
def test_a_narrow_summary_keeps_its_keys(columns: str, kept: str, note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The least important columns are dropped, which is said; every row still begins with its key."""
    monkeypatch.setenv("COLUMNS", columns)
    printed = run("summary", "mnist/resnet50").stdout
    lines = printed.splitlines()
    assert lines[2].split() == kept.split()
    assert [line.split()[:2] for line in lines[4:6]] == [["conv1", "Conv2d"], ["bn1", "BatchNorm2d"]]
    assert (f"{note}; --columns names the columns to print" in printed) if note else "no room" not in printed


def test_columns_that_are_asked_for_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--columns` prints all that it names, however wide."""
    monkeypatch.setenv("COLUMNS", "20")
    printed = run("summary", "mnist/resnet50", "--columns", "key,layer,output").stdout
    assert printed.splitlines()[2].split() == ["key", "layer", "output"]
    assert "no room" not in printed


def test_columns_go_in_their_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The first of the expendable goes first, and no more go than must."""
    from rich.table import Table

    from cnnspec.cli.output import console

    console.cache_clear()
    monkeypatch.setenv("COLUMNS", "24")
    print_fitting(lambda names: Table(*names), ["name", "a" * 9, "b" * 9], ["b" * 9, "a" * 9])
    assert f"no room for {'b' * 9} in 24 columns\n" in capsys.readouterr().out
    console.cache_clear()
