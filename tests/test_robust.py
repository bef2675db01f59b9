"""Whatever is done to a spec's text, checking it ends with diagnostics that have a place, never with an exception."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source, plain
from tests.conftest import REPOSITORY

TEXTS = [path.read_text() for path in sorted((REPOSITORY / "specs").rglob("*.yaml"))]
TEXTS += [path.read_text() for path in sorted((Path(__file__).parent / "mistakes").glob("*.yaml"))]
WORDS = [
    "null", "true", "-1", "0", "1e9", "[]", "{}", "[1, 2]", "{a: b}", "''", "$x", "$(", "$(1", "$(in.channels)",
    "$(index)", "$(a b)", "$depth", "- ", "id: x", "from: prev", "from: [a, b]", "repeat: 2",
    "foreach: {a: [1]}", "when: 3", "layers:", "Sequential:", "Add:", "Concat: {a: [], b: []}", "Conv2d",
    "ReLU", "Bottleneck: {width: 3}", "&a", "*a", "!!x", ": ", "  ", "params:", "blocks:", "variants:", "float",
    "list[int]", "layer?", "{type: int, default: $y}", "999999999999", "\t", "#",
]  # fmt: skip


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A spec in which a few words are replaced, a few lines dropped, doubled or moved."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from([swap_word, drop_line, double_line, indent_line]))(draw, text)
    return text


def swap_word(draw: st.DrawFn, text: str) -> str:
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 12)))
    return text[:start] + draw(st.sampled_from(WORDS)) + text[end:]


def drop_line(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    del lines[draw(st.integers(0, len(lines) - 1))]
    return "\n".join(lines)


def double_line(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    line = draw(st.sampled_from(lines))
    lines.insert(draw(st.integers(0, len(lines))), line)
    return "\n".join(lines)


def indent_line(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    at = draw(st.integers(0, len(lines) - 1))
    lines[at] = " " * draw(st.integers(0, 8)) + lines[at].lstrip()
    return "\n".join(lines)


@given(mangled())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mangled_specs_are_checked(text: str) -> None:
    """Every diagnostic has a code and a place in the text, and can be printed."""
    for found in check_source(Source("t.yaml", text)):
        assert found.code
        assert found.message
        assert found.span.source.shipped or 1 <= found.span.line <= text.count("\n") + 2
        assert plain(found).startswith(f"{found.severity}[{found.code}]: ")
