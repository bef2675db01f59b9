"""From a keystroke to diagnostics, as an editor asks for them: the text of resnet152 with one character changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

from benchmarks.finding import Finding, Goal
from benchmarks.timing import alternate
from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.spec import find
from cnnspec.engine.spec.shipped import open_source

NAME = "resnet152"
DIGITS = "23456789"  # another one each time: no text is checked twice in a row
SOUND = ("input: [3, 224, 224]", "input: [3, 22{0}, 22{0}]")
BROKEN = ("out_channels: 64, kernel_size: 7", "out_channel: 6{}, kernel_size: 7")


def measure(quick: bool) -> Iterator[Finding]:
    rounds = alternate(
        {"sound": typed(SOUND, 0), "broken": typed(BROKEN, 1)},
        rounds=5 if quick else 41,
    )
    for side, words in (("sound", "leaves it sound"), ("broken", "breaks it, repairs tried")):
        found = rounds.spread(side)
        yield Finding(
            what=f"keystroke to diagnostics, {NAME}: an edit that {words}",
            against="",
            value=type(found)(found.median * 1000, found.low * 1000, found.high * 1000, found.n),
            value_unit="ms",
            goal=Goal(30),
            note="in process, text to diagnostics with lint, under the one variant; every text is a new one",
        )


def typed(edit: tuple[str, str], errors: int) -> Callable[[], object]:
    """Checks the edited text, whose last edit differs from the one before."""
    found = find(NAME)
    source = open_source(found.path, found.title)
    assert source.text.count(edit[0]) == 1, edit[0]
    digits = cycle(DIGITS)

    def check() -> None:
        text = source.text.replace(edit[0], edit[1].format(next(digits)))
        wrong = [d for d in check_source(Source(source.name, text), found.variant) if d.severity == "error"]
        assert bool(wrong) == bool(errors), wrong

    return check
