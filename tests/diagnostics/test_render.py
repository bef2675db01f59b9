"""Messages are laid out so that marks stand under what they mean, whatever the text holds."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from cnnspec.engine.diagnostics import Diagnostic, Frame, Label, Sink, Source, plain


def message(text: str, column: int, width: int = 1, **rest: object) -> list[str]:
    source = Source("t.yaml", text)
    found = Diagnostic("code", "message", Label(source.span(1, column, width), "here"), **rest)  # type: ignore[arg-type]
    return plain(found).split("\n")


def test_layout() -> None:
    """Title, place, excerpt, path, notes and help, in that order."""
    source = Source("t.yaml", "a: 1\nb: 2\n\nc: 3\n")
    found = Diagnostic(
        "code",
        "message",
        Label(source.span(4, 4), "this"),
        labels=(Label(source.span(1, 1), "that"), Label(Source("lib.yaml", "x\n").span(1, 1), "there")),
        notes=("1 + 1 = 2",),
        help="do so",
        trace=Frame("block B", source.span(2, 1), Frame("variant v")),
    )
    assert (
        plain(found)
        == """error[code]: message
  --> t.yaml:4:4
  |
1 | a: 1
  | - that
...
4 | c: 3
  |    ^ this
  |
  ::: lib.yaml:1:1
  |
1 | x
  | - there
  |
  = in: t.yaml:2, block B, variant v
  = note: 1 + 1 = 2
  = help: do so
"""
    )


@pytest.mark.parametrize(
    ("text", "column", "width"),
    [
        ("abc", 2, 1),
        ("a日本b", 4, 1),
        ("日本", 2, 1),
        ("\tx", 2, 1),
        ("a\x07b", 3, 1),
        ("e\u0301x", 3, 1),
        ("ab", 3, 1),
    ],
)
def test_marks_stand_under_their_text(text: str, column: int, width: int) -> None:
    """Wide, combining, tab and control characters move the mark as they move the text."""
    lines = message(text, column, width)
    shown = lines[3].partition("| ")[2]
    under = lines[4].partition("| ")[2]
    marked = text[column - 1 : column - 1 + width]
    before = shown[: shown.rindex(marked)] if marked else shown
    assert cell_len(under) - len(under.lstrip()) >= 0
    assert under.index("^") == cell_len(before)


def test_long_lines_are_cut_around_the_mark() -> None:
    """Of a line of a million characters only the part around the mark is shown, and the mark still fits."""
    lines = message("x" * 500_000 + "BAD" + "y" * 500_000, 500_001, 3)
    assert len(lines[3]) < 200
    at = lines[4].index("^")
    assert lines[3][at : at + 3] == "BAD"
    assert lines[3].endswith("…")


def test_sink_keeps_a_mistake_once_and_sorts_by_place() -> None:
    """The same mistake reached twice is one; the order is that of the text."""
    source, sink = Source("t.yaml", "a\nb\n"), Sink()
    for line in (2, 1, 2):
        sink.error("code", f"found in round {line}", source.span(line))
    assert [(d.span.line, d.message) for d in sink.in_order()] == [(1, "found in round 1"), (2, "found in round 2")]


def test_library_text_is_shown_second() -> None:
    """What is wrong in a text of the package's points first at the user's line that led there."""
    user, library = Source("mine.yaml", "- Block\n"), Source("lib.yaml", "x\n", shipped=True)
    sink = Sink()
    sink.error("code", "message", library.span(), "inside", trace=Frame("block Block", user.span(1, 3, 5)))
    (found,) = sink.in_order()
    assert (found.span.source, found.labels[0].span.source) == (user, library)
