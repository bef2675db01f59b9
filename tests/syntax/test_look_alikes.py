"""Characters that look like others are named by their code point at their place, and replaced by `--fix`."""

from __future__ import annotations

import pytest

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.fixing import fix

HEAD = "cnnspec: 1\ninput: [3, 32, 32]\nlayers:\n"
PLAIN = HEAD + "  - Conv2d: {out_channels: 8, kernel_size: 3}\n"

CASES = {
    "U+00A0": "\u00a0 - Conv2d: {out_channels: 8, kernel_size: 3}",
    "U+202F": "  - Conv2d:\u202f{out_channels: 8, kernel_size: 3}",
    "U+3000": "  - Conv2d: {out_channels: 8,\u3000kernel_size: 3}",
    "U+2013": "  \u2013 Conv2d: {out_channels: 8, kernel_size: 3}",
    "U+2011": "  \u2011 Conv2d: {out_channels: 8, kernel_size: 3}",
    "U+FF1A": "  - Conv2d\uff1a{out_channels: 8, kernel_size: 3}",
    "U+FF0C": "  - Conv2d: {out_channels: 8\uff0ckernel_size: 3}",
    "U+FF5B": "  - Conv2d: \uff5bout_channels: 8, kernel_size: 3\uff5d",
    "U+0421": "  - \u0421onv2d: {out_channels: 8, kernel_size: 3}",
    "U+043E": "  - C\u043env2d: {out_channels: 8, kernel_size: 3}",
    "U+0435": "  - Conv2d: {out_channels: 8, k\u0435rn\u0435l_size: 3}",
    "U+03BF": "  - Conv2d: {\u03bfut_channels: 8, kernel_size: 3}",
    "U+200B": "  - Conv2d: {out_channels: 8, kernel\u200b_size: 3}",
    "U+200D": "  - Con\u200dv2d: {out_channels: 8, kernel_size: 3}",
    "U+FEFF": "\ufeff  - Conv2d: {out_channels: 8, kernel_size: 3}",
    "U+00AD": "  - Conv2d: {out_channels: 8, kernel_\u00adsize: 3}",
}


@pytest.mark.parametrize("code_point", CASES)
def test_it_is_named_at_its_place_and_replaced(code_point: str) -> None:
    line = CASES[code_point]
    source = Source("own.yaml", f"{HEAD}{line}\n")
    (found,) = check_source(source)
    first = next(column for column, sign in enumerate(line, 1) if not sign.isascii())
    assert (found.code, found.span.line, found.span.column) == ("look-alike", 4, first)
    assert f"({code_point})" in found.message
    made = fix(source)
    assert [d.code for d in made.applied] == ["look-alike"]
    assert check_source(Source("own.yaml", made.text)) == ()
    assert made.text.replace(" ", "") == PLAIN.replace(" ", "")


def test_signs_of_one_kind_are_told_once() -> None:
    lines = ["  - Conv2d: {out_channels: \u201c$(2 * 4)\u201d, kernel_size: 3}", "  -\u00a0ReLU", "  -\u00a0Tanh"]
    found = check_source(Source("own.yaml", HEAD + "\n".join(lines)))
    assert [(d.span.line, d.span.column, d.notes) for d in found] == [
        (4, 28, ("the same once more in this line",)),
        (5, 4, ("the same in 1 more line: 6",)),
    ]


def test_other_mistakes_are_found_as_if_they_were_replaced() -> None:
    """Places of what stands after a character that is removed or made two are those of the text."""
    line = "  - Con\u200bv2d: {out_channels\uff1a8, kernal_size: 3}"
    found = check_source(Source("own.yaml", f"{HEAD}{line}\n"))
    assert [(d.code, d.span.line, d.span.column) for d in found][-1] == (
        "unknown-argument",
        4,
        line.index("kernal") + 1,
    )


@pytest.mark.parametrize(
    "line",
    [
        "# caf\u00e9 \u2013 \u201cquoted\u201d\u00a0text",
        "name: \u201cmy\u201d net \u2013 \uff56\uff12",
        "description: |\n  A\u00a0text: \u0441 \u2013 \u201cof\u201d several\n\n  lines",
        "description: \u0441\u0435\u0442\u044c\uff1a \u043f\u0440\u043e\u0431\u0430",
        "source: 'a\u00a0\u2013\u00a0b'",
    ],
)
def test_prose_may_hold_any_of_them(line: str) -> None:
    assert check_source(Source("own.yaml", f"cnnspec: 1\n{line}\n{PLAIN.removeprefix('cnnspec: 1')}")) == ()


def test_ids_of_other_alphabets_are_left_alone() -> None:
    text = f"{PLAIN}    id: \u0441\u043b\u043e\u0439_\u0430\n  - ReLU:\n    from: \u0441\u043b\u043e\u0439_\u0430\n"
    assert "look-alike" not in {d.code for d in check_source(Source("own.yaml", text))}


TABS = HEAD + "\t- Conv2d:\n\t\tout_channels: 8\n\t\tkernel_size: 3\n"


def test_tabs_become_the_spaces_that_make_a_sound_text() -> None:
    """Two spaces a tab would put the arguments in line with their layer; four put them below it."""
    (found,) = check_source(Source("own.yaml", TABS))
    assert (found.code, found.span.line, found.span.column) == ("yaml-syntax", 4, 1)
    assert "U+0009" in found.message
    made = fix(Source("own.yaml", TABS))
    assert check_source(Source("own.yaml", made.text)) == ()
    assert made.text == HEAD + "    - Conv2d:\n        out_channels: 8\n        kernel_size: 3\n"
