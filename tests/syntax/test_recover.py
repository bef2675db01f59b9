"""One slip of YAML hides no other mistake, and what is guessed is never taken for what was meant."""

from __future__ import annotations

import pytest

from cnnspec.engine.checking import check_source, diagnose
from cnnspec.engine.diagnostics import Sink, Source
from cnnspec.engine.syntax import Meter, parse
from cnnspec.engine.syntax.recover import BUDGET

HEAD = "cnnspec: 1\ninput: [3, 32, 32]\nparams: {w: [4, 8, 16]}\nlayers:\n"


def places(text: str) -> list[tuple[str, int, int]]:
    return [(d.code, d.span.line, d.span.column) for d in check_source(Source("own.yaml", text))]


def test_every_independent_mistake_is_found_at_once() -> None:
    text = HEAD + (
        "  - Conv2d: {out_channels: $(w[0]), kernel: 1}\n"
        "  - ReLU\n"
        "    id: act\n"
        "  -Sigmoid\n"
        "  - Conv2d: {out_channels: 8 kernel_size: 3}\n"
        "  - Conv2d {out_channels: 8, kernel_size: 3, strude: 2}\n"
        "  - MaxPool2d: {kernel_size: 2\n"
        "  - Tahn\n"
    )
    assert places(text) == [
        ("yaml-syntax", 5, 28),
        ("unknown-argument", 5, 37),
        ("yaml-syntax", 6, 5),
        ("yaml-syntax", 8, 3),
        ("yaml-syntax", 9, 30),
        ("yaml-syntax", 10, 5),
        ("unknown-argument", 10, 46),
        ("yaml-syntax", 11, 16),
        ("unknown-layer", 12, 5),
    ]


def test_an_item_that_cannot_be_read_is_left_out_and_nothing_follows_from_it() -> None:
    """Its id may be any, its shape is unknown; what stands below is looked at all the same."""
    text = (
        HEAD + "  - Conv2d: {out_channels: 8,, kernel_size: 3}\n  - Linear: {out_features: 8}\n  - Tahn:\n    from: a\n"
    )
    assert places(text) == [("yaml-syntax", 5, 30), ("unknown-layer", 7, 5)]


def test_of_two_readings_none_is_taken_for_granted() -> None:
    """A word between two operations may belong to either: both are offered, and nothing that follows is said."""
    text = HEAD + "  - layers:\n      - ReLU:\n     repeat: 2\n  - Tahn\n"
    (found,) = check_source(Source("own.yaml", text))
    assert [repair.edits[0].text for repair in found.repairs] == [" " * 8, " " * 4]
    assert "`ReLU` in line 6" in found.help
    assert "`layers` in line 5" in found.help


def test_a_habit_is_told_once_with_one_repair_of_all_its_places() -> None:
    lines = [f"  - Conv2d: {{out_channels: $(w[{number}]), kernel_size: 1}}\n" for number in (0, 1, 2)]
    (found,) = check_source(Source("own.yaml", HEAD + "".join(lines)))
    assert found.notes == ("the same in 2 more lines: 6, 7",)
    assert len(found.repairs[0].edits) == 3


def test_two_expressions_of_a_line_are_repaired_together() -> None:
    line = "  - Conv2d: {out_channels: $(max(4, 8)), kernel_size: $(min(3, 5))}\n"
    (found,) = check_source(Source("own.yaml", HEAD.replace("params: {w: [4, 8, 16]}\n", "") + line * 3))
    assert found.code == "bad-expression"
    assert len(found.repairs[0].edits) == 6


@pytest.mark.parametrize("lines", [20, 2_000])
def test_the_work_of_recovery_is_bounded(lines: int) -> None:
    """Texts of slips are read again for at most BUDGET characters more than their own."""
    line = "  - Conv2d: {out_channels: $(w[0]), kernel_size: 1}\n"
    source, sink, meter = Source("own.yaml", HEAD + line * lines), Sink(), Meter()
    parse(source, sink, meter)
    assert 0 < len(sink) <= 60
    assert meter.steps < 5 * (BUDGET + 2 * len(source.text))


def test_a_recovered_text_is_never_sound() -> None:
    text = HEAD + "  - Conv2d: {out_channels: $(w[0]), kernel_size: 1}\n"
    assert [d.code for d in diagnose(Source("own.yaml", text))] == ["yaml-syntax"]
