"""Text becomes nodes with their places, and what is not plain YAML 1.2 is refused where it stands."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.spec.params import to_plain
from cnnspec.engine.syntax import Map, Node, Scalar, Seq, parse


def read(text: str) -> tuple[Node | None, list[tuple[str, int, int]]]:
    sink = Sink()
    node = parse(Source("t.yaml", text), sink)
    return node, [(d.code, d.span.line, d.span.column) for d in sink.in_order()]


def test_nodes_know_their_places() -> None:
    """Lines and columns count characters from 1, whatever stands before."""
    node, found = read("a: {ü: 3, b: [x, 'y z']}\n")
    assert found == []
    assert isinstance(node, Map)
    inner = node.get("a")
    assert isinstance(inner, Map)
    items = inner.get("b")
    assert isinstance(items, Seq)
    assert [(i.span.column, i.span.end_column, i.span.text) for i in items.items] == [(15, 16, "x"), (18, 23, "'y z'")]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "empty-spec", 1, 1),
        ("# nothing\n", "empty-spec", 1, 1),
        ("a: 1\nb: 2\na: 3", "duplicate-key", 3, 1),
        ("a: !!python/object:os.system x", "tag", 1, 4),
        ("a: !mine [1]", "tag", 1, 4),
        ("a: 1\n--- \nb: 2", "several-documents", 2, 1),
        ("a: &x [1, *x]", "bad-alias", 1, 11),
        ("a: *nowhere", "bad-alias", 1, 4),
        ("a: &x {b: 1}\nc:\n  <<: *x", "merge-key", 3, 3),
        ("? [1, 2]\n: x", "bad-key", 1, 3),
        ("a: .nan", "bad-number", 1, 4),
        ("a: " + "7" * 1000, "bad-number", 1, 4),
        ("a: \x00", "control-character", 1, 4),
        ("a: \x1b[31m", "control-character", 1, 4),
        ("a: b\u2028c: d", "control-character", 1, 5),
        ("a:\n\t- b", "yaml-syntax", 2, 1),
        ("a: [1, 2", "yaml-syntax", 1, 4),
        ("[" * 100_000, "too-deep", 1, 66),
        ("- " * 100_000, "too-deep", 1, 131),
        ("{a: " * 1000, "too-deep", 1, 258),
        ("a" * 1_000_001, "too-large", 1, 1),
    ],
)
def test_what_is_refused(text: str, code: str, line: int, column: int) -> None:
    """Each is one located message."""
    _, found = read(text)
    assert found == [(code, line, column)]


def test_alias_bomb_is_refused() -> None:
    """Anchors that multiply are counted written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert read("\n".join(lines))[1][0][0] == "too-large"


def test_anchors_that_do_not_multiply_may_stand() -> None:
    """An alias is the node of its anchor."""
    node, found = read("a: &x [1, 2]\nb: *x")
    assert found == []
    assert isinstance(node, Map)
    assert node.get("a") is node.get("b")


VALUES = st.recursive(
    st.one_of(st.integers(-999, 999), st.booleans(), st.none(), st.text("abcxyz ", min_size=1, max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abc", min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_reads_what_pyyaml_writes(value: object, flow: bool) -> None:
    """A tree that PyYAML dumps is read back as that tree, in both styles."""
    node, found = read(yaml.safe_dump(value, default_flow_style=flow))
    assert found == []
    assert node is not None
    assert to_plain(node) == value


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail, and a refusal has a place inside the text."""
    node, found = read(text)
    assert node is not None or found
    assert all(1 <= line <= text.count("\n") + 2 and column >= 1 for _, line, column in found)


def test_scalars_in_quotes_are_texts() -> None:
    """A quoted scalar is never a number."""
    node, _ = read("'1'")
    assert isinstance(node, Scalar)
    assert (node.value, node.plain) == ("1", False)
