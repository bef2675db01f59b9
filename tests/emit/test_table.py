"""The summary table: what is printed adds up, and looks as it was reviewed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import cnnspec
from cnnspec.engine.diagnostics import UsageError
from cnnspec.engine.numbers import short, size
from cnnspec.engine.spec import known_specs
from cnnspec.engine.table.columns import COLUMNS, Facts, chosen
from cnnspec.engine.table.html import html
from cnnspec.engine.table.record import as_csv, as_json, json_text
from cnnspec.engine.table.rows import Row, rows
from cnnspec.engine.table.table import Look, markdown, rows_of
from tests.network.graphs import graph_of
from tests.tiers import tiered

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.mark.parametrize("name", ["first", "mnist/lenet", "mnist/googlenet", "mnist/resnet50", "mnist/vgg19_fixed"])
def test_table_reads_as_its_golden_file(name: str, golden: Callable[[Path, str], None]) -> None:
    """The table is the one that was reviewed."""
    golden(GOLDEN / f"{name.rpartition('/')[2]}.md", markdown(Facts(cnnspec.graph(name))))


REACH = ("key", "layer", "input", "output", "kernel", "field", "jump", "start")
BYTES = ("key", "layer", "output", "activations", "kept", "weights", "share")


@pytest.mark.parametrize("name", ["mnist/googlenet", "mnist/resnet50_fixed"])
@pytest.mark.parametrize("columns", [REACH, BYTES], ids=["reach", "bytes"])
def test_chosen_columns_read_as_their_golden_file(
    name: str, columns: tuple[str, ...], golden: Callable[[Path, str], None]
) -> None:
    """The other columns are those that were reviewed, and the totals tell of bytes where a column does."""
    stem = f"{name.rpartition('/')[2]}_{'bytes' if columns is BYTES else 'reach'}"
    golden(GOLDEN / f"{stem}.md", markdown(Facts(cnnspec.graph(name)), Look(columns)))


@pytest.mark.parametrize("name", tiered(known_specs()))
def test_bytes_add_up(name: str) -> None:
    """Each heading is its copies times the rows below it in every column of bytes, and the outermost are the totals."""
    facts = Facts(cnnspec.graph(name), "float16")
    found = rows_of(facts, Look(BYTES))
    memory = facts.memory
    for column, total in {"kept": memory.kept, "weights": memory.weights, "activations": sum(memory.outputs)}.items():
        values = [COLUMNS[column].value(facts, row) for row in found]
        assert sum(value for value, row in zip(values, found, strict=True) if row.level == 0) == total
        for i, row in enumerate(found):
            if row.is_scope:
                below = next((n for n, r in enumerate(found) if n > i and r.level <= row.level), len(found))
                inside = [n for n in range(i + 1, below) if found[n].level == row.level + 1]
                assert sum(values[n] for n in inside) * row.copies == values[i]


def test_copies_that_keep_unequal_amounts_stand_apart() -> None:
    """Equal blocks are one row until a column shows in what they differ."""
    graph = graph_of("[{Sequential: [BatchNorm2d, Sigmoid], repeat: 3}]", 2, 4, 4)
    # the first keeps the network's input, the others what the Sigmoid before them keeps already
    assert [row.copies for row in rows_of(Facts(graph), Look()) if row.is_scope] == [3]
    assert [row.copies for row in rows_of(Facts(graph), Look(BYTES)) if row.is_scope] == [1, 2]


def test_columns_by_name() -> None:
    """Columns come in the order asked for; one that is misspelt or named twice is refused."""
    assert chosen("key, share") == ("key", "share")
    with pytest.raises(UsageError, match="no column `feild`") as refused:
        chosen("key,feild")
    assert refused.value.help == "did you mean `field`?"
    with pytest.raises(UsageError, match="`key` twice"):
        chosen("key,key")
    with pytest.raises(UsageError, match="no column ``"):
        chosen("key,")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (2**20 - 1, "1 MiB"), (3 * 2**30, "3 GiB")],
)
def test_bytes_in_units(value: int, text: str) -> None:
    """Three digits and a unit of powers of two."""
    assert size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (999, "999"), (1000, "1 k"), (1234, "1.23 k"), (99_949, "99.9 k"), (99_950, "100 k"),
        (999_499, "999 k"), (999_500, "1 M"), (999_950, "1 M"), (999_500_000, "1 G"), (1_894_000_000_000, "1.89 T"),
        (2 * 10**15, "2 P"), (3 * 10**18, "3 E"), (10**22, "10000 E"),
    ],
)  # fmt: skip
def test_counts_in_units(value: int, text: str) -> None:
    """Three digits and a unit; what rounds to 1,000 of one unit is 1 of the next."""
    assert short(value) == text


@pytest.mark.parametrize("figure", [short, size])
def test_figures_of_every_magnitude_are_near(figure: Callable[[int], str]) -> None:
    """Next to each power of ten and of two: at most four digits, and no further off than half of the third."""
    by = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18, "B": 1}
    by |= {unit: 2 ** (10 * i) for i, unit in enumerate(("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"), 1)}
    powers = {*(10**i for i in range(3, 19)), *(2**i for i in range(10, 63))}
    for value in (n * power // 2000 for power in powers for n in (1000, 1999, 2000, 2001, 3333)):
        digits, _, unit = figure(value).partition(" ")
        assert len(digits.replace(".", "")) <= 4, value
        assert float(digits.replace(",", "")) * by.get(unit, 1) == pytest.approx(value, rel=0.0051), value


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


@pytest.mark.parametrize("name", tiered(known_specs()))
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


@pytest.mark.parametrize("name", tiered(known_specs()))
def test_depth_hides_and_adds_up_all_the_same(name: str) -> None:
    """With one level open the rows still are the totals."""
    graph = cnnspec.graph(name)
    found = rows(graph, depth=1)
    assert {row.level for row in found} == {0}
    assert sum(row.params for row in found) == graph.params


@pytest.mark.parametrize("name", tiered(known_specs()))
def test_records_list_every_layer(name: str) -> None:
    """JSON and CSV hold each layer in order of execution, and add up to the totals."""
    graph = cnnspec.graph(name)
    record = json.loads(json_text(graph))
    assert record == as_json(graph)
    assert [layer["key"] for layer in record["layers"]] == [node.key for node in graph.nodes]
    table = list(csv.DictReader(io.StringIO(as_csv(graph))))
    assert sum(int(row["params"]) for row in table) == record["params"] == graph.params
    assert sum(int(row["macs"]) for row in table) == record["macs"] == graph.macs


@pytest.mark.parametrize("name", ["mnist/googlenet", "first"])
def test_records_carry_chosen_columns(name: str) -> None:
    """JSON and CSV have the columns that were asked for, with plain numbers, and the totals of bytes."""
    graph = cnnspec.graph(name)
    facts = Facts(graph, "float64")
    columns = ("key", "field", "jump", "start", "activations", "kept", "weights", "kernel", "share", "layer")
    record = as_json(graph, columns, "float64")
    assert record["memory"]["kept"] == sum(layer["kept"] for layer in record["layers"]) == facts.memory.kept
    assert record["memory"]["weights"] == 8 * graph.params
    assert list(record["layers"][0]) == [*columns[:-1], "type"]
    extents = [facts.reaches[node.index].extents for node in graph.nodes]
    assert [layer["field"] for layer in record["layers"]] == [[e and e.size for e in both] for both in extents]
    assert [layer["start"] for layer in record["layers"]] == [[e and e.start for e in both] for both in extents]
    table = list(csv.DictReader(io.StringIO(as_csv(graph, columns, "float64"))))
    assert [int(row["kept"]) for row in table] == [layer["kept"] for layer in record["layers"]]
    assert "memory" not in as_json(graph)


def test_notebook_shows_a_table() -> None:
    """In a notebook a graph is a table, and what it is called cannot be markup."""
    graph = cnnspec.graph("mnist/lenet")
    assert graph._repr_html_().count("<div style='padding-left") == 1 + len(graph.nodes)
    assert "61,706 params" in html(graph)
