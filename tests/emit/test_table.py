"""The summary table: what is printed adds up, and looks as it was reviewed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import cnnspec
from cnnspec.emit.record import as_csv, as_json, json_text
from cnnspec.emit.table import Row, html, markdown, rows
from cnnspec.spec import known_specs

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.mark.parametrize("name", ["first", "mnist/lenet", "mnist/googlenet", "mnist/resnet50", "mnist/vgg19_fixed"])
def test_table_reads_as_its_golden_file(name: str, golden: Callable[[Path, str], None]) -> None:
    """The table is the one that was reviewed."""
    golden(GOLDEN / f"{name.rpartition('/')[2]}.md", markdown(cnnspec.graph(name)))


def level_sums(found: list[Row], level: int, start: int) -> tuple[int, int]:
    """Params and MACs of the rows of one level from ``start`` on, up to the next row above it."""
    params = macs = 0
    for row in found[start:]:
        if row.level < level:
            break
        if row.level == level:
            params += row.params
            macs += row.macs or 0
    return params, macs


@pytest.mark.parametrize("name", known_specs())
@pytest.mark.parametrize("full", [False, True])
def test_columns_add_up(name: str, full: bool) -> None:
    """Each heading is its copies times the rows below it, and the outermost rows are the totals."""
    graph = cnnspec.graph(name)
    found = rows(graph, full)
    assert level_sums(found, 0, 0) == (graph.params, graph.macs)
    for i, row in enumerate(found):
        if row.is_scope:
            params, macs = level_sums(found, row.level + 1, i + 1)
            assert (params * row.copies, macs * row.copies) == (row.params, row.macs or 0)
    assert not full or all(row.copies == 1 for row in found)


@pytest.mark.parametrize("name", known_specs())
def test_depth_hides_and_adds_up_all_the_same(name: str) -> None:
    """With one level open the rows still are the totals."""
    graph = cnnspec.graph(name)
    found = rows(graph, depth=1)
    assert {row.level for row in found} == {0}
    assert sum(row.params for row in found) == graph.params


@pytest.mark.parametrize("name", known_specs())
def test_records_list_every_layer(name: str) -> None:
    """JSON and CSV hold each layer in order of execution, and add up to the totals."""
    graph = cnnspec.graph(name)
    record = json.loads(json_text(graph))
    assert record == as_json(graph)
    assert [layer["key"] for layer in record["layers"]] == [node.key for node in graph.nodes]
    table = list(csv.DictReader(io.StringIO(as_csv(graph))))
    assert sum(int(row["params"]) for row in table) == record["params"] == graph.params
    assert sum(int(row["macs"]) for row in table) == record["macs"] == graph.macs


def test_notebook_shows_a_table() -> None:
    """In a notebook a graph is a table, and what it is called cannot be markup."""
    graph = cnnspec.graph("mnist/lenet")
    assert graph._repr_html_().count("<tr>") == 13
    assert "61,706 params" in html(graph)
