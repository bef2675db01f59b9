"""Text of strangers in each format, read back by a reader of that format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cnnspec.engine.diagnostics import CheckpointError, clip, csv_cell, markdown_text, printable, printable_json
from tests.cli.runner import run

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SIGNS = r"ab1 *_`[]()<>&|~#\!-+=.:/'\"" + "\n\t\x1b\u202e×"
texts = st.text(st.sampled_from(SIGNS), max_size=30) | st.text(max_size=30)


@given(texts)
@example("[x](javascript:alert(1))")
@example("a_b_c _d_ `e` **f** ~~g~~ &lt; <b>h</b> ![i](j)")
def test_markdown_shows_text_and_reads_none_of_it(text: str) -> None:
    """A cell of a table holds the text, as text: no link, no emphasis, no code, no HTML, and no end of the cell."""
    tokens = MARKDOWN.parse(f"| h | i |\n| --- | --- |\n| {markdown_text(text)} | end |\n")
    cells = [token for token in tokens if token.type == "inline"]
    shown = cells[2].children or []
    assert {token.type for token in shown} <= {"text"}
    assert "".join(token.content for token in shown) == printable(text).strip()
    assert cells[3].content == "end"


@pytest.mark.parametrize("address", ["https://example.org", "http://a", "www.example.org", "ftp://x"])
def test_markdown_links_no_address(address: str) -> None:
    """GitHub makes links of bare addresses, which it finds by these signs."""
    assert markdown_text(address) == address.replace("://", r"\://").replace("www.", r"www\.")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＠"])
def test_a_cell_is_no_formula(start: str) -> None:
    """A spreadsheet computes a cell by its first sign; an apostrophe before it says that it is text."""
    assert csv_cell(f"{start}1+1").startswith("'")
    assert csv_cell(f"a{start.strip()}1") == f"a{start.strip()}1"


@given(texts)
@example("\udcff")
@example("\ud800")
def test_json_holds_the_text_in_characters_of_unicode(text: str) -> None:
    """What is printed is printable, and reads back as the text; a byte that is no text is shown as its escape."""
    written = printable_json(json.dumps(text, ensure_ascii=False))
    assert written.isprintable()
    assert json.loads(written) == "".join(printable(c) if "\ud800" <= c <= "\udfff" else c for c in text)


def test_a_byte_that_is_no_text_is_shown_as_that_byte() -> None:
    """As Python holds the bytes of file names."""
    assert printable("a\udcff\x1b\u202e") == r"a\xff\x1b\u202e"


def test_messages_are_cut_in_their_middle() -> None:
    """Each line by itself; the end, which may be the reason, stays."""
    error = CheckpointError("x" * 100_000 + " is damaged", "short\n" + "y" * 5000)
    assert len(error.message) == 800
    assert error.message.endswith("x is damaged")
    assert [len(line) for line in error.help.split("\n")] == [5, 800]
    assert clip("short") == "short"


def test_ids_are_shown_in_every_table(tmp_path: Path) -> None:
    """Formulas, links and markup of ids are cells of a table, in each format of `summary`."""
    ids = ["=cmd|'/C calc'!A0", "[x](javascript:alert(1))", "-1+1", "<b>y</b>"]
    lines = "".join(f"  - ReLU:\n    id: {json.dumps(name)}\n" for name in ids)
    (tmp_path / "n.yaml").write_text(f"cnnspec: 1\ninput: [3, 8, 8]\nlayers:\n{lines}")
    rows = list(csv.DictReader(io.StringIO(run("summary", str(tmp_path / "n.yaml"), "--format", "csv").stdout)))
    assert [row["key"] for row in rows] == ["'=cmd|'/C calc'!A0", ids[1], "'-1+1", ids[3]]
    tokens = MARKDOWN.parse(run("summary", str(tmp_path / "n.yaml"), "--format", "markdown").stdout)
    cells = [token.children or [] for token in tokens if token.type == "inline"]
    assert not {"link_open", "html_inline", "em_open"} & {token.type for cell in cells for token in cell}
    assert {"".join(token.content for token in cell) for cell in cells} >= set(ids)
