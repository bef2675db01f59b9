"""Which of the repairs that were tried are offered."""

from __future__ import annotations

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Source
from cnnspec.engine.diagnostics.fix_trial import mending

SOURCE = Source("a.yaml", "one\ntwo\nthree\n")


def at(line: int, code: str, message: str = "m") -> Diagnostic:
    return Diagnostic(code, message, Label(SOURCE.span(line)))


def edit(line: int, text: str) -> Repair:
    return Repair(f"write {text!r}", (Edit(SOURCE.span(line), text),))


def test_a_repair_that_leaves_the_mistake_is_not_offered() -> None:
    """The same message at the same line means that nothing was mended."""
    wrong = at(1, "unknown-layer")
    assert mending(wrong, [wrong], [(edit(1, "x"), [wrong])]) == ()


def test_the_line_is_followed_where_an_edit_moves_it() -> None:
    """A mistake that only moved down by the line that was put before it is still there."""
    wrong, repair = at(2, "linear-on-map"), edit(2, "new\n")
    assert mending(wrong, [wrong], [(repair, [at(3, "linear-on-map")])]) == ()
    assert mending(wrong, [wrong], [(repair, [])]) == (repair,)


def test_the_same_mistake_elsewhere_is_another() -> None:
    """Two lines may have the same fault; mending one is mending it."""
    wrong, twin, repair = at(1, "yaml-syntax"), at(3, "yaml-syntax"), edit(1, "x")
    assert mending(wrong, [wrong], [(repair, [twin])]) == (repair,)


def test_what_a_misspelling_hid_does_not_speak_against_its_repair() -> None:
    """A layer's right name stays right where a line below is wrong, too; not where its own line is."""
    wrong, repair = at(1, "unknown-layer"), edit(1, "x")
    assert mending(wrong, [wrong], [(repair, [at(2, "linear-on-map")])]) == (repair,)
    assert mending(wrong, [wrong], [(repair, [at(1, "missing-argument")])]) == ()


def test_a_size_that_breaks_what_follows_is_not_offered() -> None:
    """Of a mistake of sizes, an error that one repair alone brings counts against it."""
    wrong, good, bad = at(1, "window-too-large"), edit(1, "x"), edit(1, "y")
    assert mending(wrong, [wrong], [(bad, [at(2, "shape-mismatch")])]) == ()
    assert mending(wrong, [wrong], [(good, []), (bad, [at(2, "shape-mismatch")])]) == (good,)


def test_what_comes_up_under_every_repair_was_there_before() -> None:
    """A later error that no choice of sizes avoids is independent of the choice."""
    wrong, one, two = at(1, "window-too-large"), edit(1, "x"), edit(1, "y")
    later = at(3, "not-divisible")
    assert mending(wrong, [wrong], [(one, [later]), (two, [later])]) == (one, two)
    assert mending(wrong, [wrong], [(one, [later]), (two, [later, at(2, "slice")])]) == (one,)


def test_what_was_wrong_before_and_is_wrong_after_is_no_news() -> None:
    """Other mistakes of the text neither speak for a repair nor against it."""
    wrong, other, repair = at(1, "slice"), at(3, "duplicate-id"), edit(1, "x")
    assert mending(wrong, [wrong, other], [(repair, [other])]) == (repair,)
