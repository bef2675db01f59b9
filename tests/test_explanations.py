"""Every code has its page, every page its code, and the examples do what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec.cli.explain import document
from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source, SpecError
from cnnspec.engine.explanations import codes, page, raw
from cnnspec.engine.spec.shipped import open_source
from tests.cli.runner import run
from tests.codes import emitted
from tests.conftest import REPOSITORY

# Pages without examples: a text that causes these is no text, or enormous. The tests below cause them.
BY_HAND = {
    "control-character": "cnnspec: 1\nname: a\x07b\n",
    "expression-too-large": "cnnspec: 1\ninput: [3, 8, 8]\nlayers:\n  - Dropout: {p: $(%s0)}\n" % ("0 + " * 600),
    "too-many-layers": "cnnspec: 1\ninput: [8]\nlayers:\n  - ReLU:\n    repeat: 100000\n  - ReLU\n",
}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    """What the source can emit is explained, and nothing else is."""
    assert set(codes()) == set(emitted())


@pytest.mark.parametrize("code", codes())
def test_page_is_well_formed(code: str) -> None:
    """A page has its code, a title, a few lines of text that end with a fix, and both examples or none."""
    found = page(code)
    assert found.code == code
    assert found.title[0].islower() or found.title[0] in "`$"
    assert not found.title.endswith(".")
    assert 3 <= len(found.text.splitlines()) <= 12
    assert len(re.findall(r"^\*\*Fix:\*\* ", found.text, re.MULTILINE)) == 1
    assert bool(found.failing) == bool(found.fixed)
    assert all(len(line) <= 120 for line in raw(code).splitlines())


SPECS = [code for code in codes() if page(code).failing and page(code).language == "yaml"]


@pytest.mark.parametrize("code", SPECS)
def test_examples_do_what_they_say(code: str) -> None:
    """The failing example gives this message and no other; the fixed one gives none.

    Those in Python are imported by tests/importing/test_unsayable.py.
    """
    found = page(code)
    said = check_source(Source("example.yaml", found.failing))
    assert {(d.code, d.severity) for d in said} == {(code, found.severity)}
    assert check_source(Source("example.yaml", found.fixed)) == ()


def test_pages_without_examples_are_few() -> None:
    """Only what no small text can cause goes without an example."""
    without = {code for code in codes() if not page(code).failing}
    assert without == {*BY_HAND, "not-utf8", "plugin-failed", "recursive-extends", "too-much-work"}


@pytest.mark.parametrize("code", BY_HAND)
def test_what_has_no_example_is_emitted_all_the_same(code: str) -> None:
    """The codes of pages without an example come of texts that a page could not show."""
    assert code in {d.code for d in check_source(Source("example.yaml", BY_HAND[code]))}


def test_bytes_that_are_no_text_have_their_code(tmp_path: Path) -> None:
    """A file in another encoding is refused with `not-utf8`."""
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: Café".encode("latin-1"))
    with pytest.raises(SpecError) as raised:
        open_source(path)
    assert [d.code for d in raised.value.diagnostics] == ["not-utf8"]


def test_document_is_current(golden: Callable[[Path, str], None]) -> None:
    """docs/reference/errors.md is made of the pages; `make golden` rewrites it."""
    golden(REPOSITORY / "docs" / "reference" / "errors.md", document())


def test_document_has_every_code_in_its_index() -> None:
    """Each code is a row of an index that links to its section."""
    text = document()
    for code in codes():
        assert f"| [`{code}`](#{code}) |" in text
        assert f"\n## {code}\n" in text


def test_command_shows_a_page_with_the_real_message() -> None:
    """`explain CODE` prints the explanation, the failing example, what the checker says of it, and the fixed one."""
    shown = run("explain", "window-too-large")
    assert shown.exit_code == 0
    assert "error[window-too-large]: a 5×5 window does not fit in a 4×4 input" in shown.stdout
    assert "cnnspec: 1" in shown.stdout
    assert shown.stdout.index("This fails") < shown.stdout.index("Fixed:")


def test_command_lists_the_codes_errors_first() -> None:
    """Without a code, all of them are listed with their titles."""
    shown = run("explain")
    assert shown.exit_code == 0
    listed = re.findall(r"^  ([a-z0-9-]+) ", shown.stdout, re.MULTILINE)
    assert listed == list(codes())


def test_command_prints_a_page_as_it_is_written() -> None:
    """`--format markdown` gives the page's own text."""
    assert run("explain", "tag", "--format", "markdown").stdout == raw("tag")


def test_unknown_code_is_a_usage_error() -> None:
    """A misspelt code ends with 2 and the nearest code."""
    shown = run("explain", "window-to-large")
    assert shown.exit_code == 2
    assert "did you mean `window-too-large`?" in shown.output
    assert run("explain", "../pyproject").exit_code == 2
