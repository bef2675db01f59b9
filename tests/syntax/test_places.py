"""Where a part of a scalar stands, however the scalar is written."""

from __future__ import annotations

import pytest

from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.syntax import Map, Scalar, parse


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: one word", "1:8-1:12"),
        ("a: 'one word'", "1:9-1:13"),
        ('a: "one word"', "1:9-1:13"),
        ("a: one\n  word", "2:3-2:7"),
        ("a: >\n  one\n  word\n", "3:3-3:7"),
        ("a: 'it''s a word'", "1:4-1:18"),  # a doubled quote: all of it
        ("a: &name one word", "1:14-1:18"),
    ],
)
def test_part_of_a_scalar(text: str, place: str) -> None:
    """The word is pointed at where it stands; the whole scalar where quoting hides its place."""
    top = parse(Source("a", text), Sink())
    assert isinstance(top, Map)
    node = top.get("a")
    assert isinstance(node, Scalar)
    at = node.text.index("word")
    span = node.part(at, at + 4)
    assert f"{span.line}:{span.column}-{span.end_line}:{span.end_column}" == place


def test_an_anchor_is_no_part_of_the_value() -> None:
    """A value's span begins behind its anchor."""
    top = parse(Source("a", "a: &b 3\n"), Sink())
    assert isinstance(top, Map)
    assert top.entries[0].value.span.column == 7
