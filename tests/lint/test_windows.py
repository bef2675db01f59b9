"""What windows look at is found without walking: equal to counting every tap, and at once for windows of any size."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnspec.engine.checking import check_source
from cnnspec.engine.diagnostics import Source
from cnnspec.engine.layers import Window
from cnnspec.engine.lint import windows

WINDOWS = st.builds(
    Window,
    kernel=st.integers(1, 7),
    stride=st.integers(1, 7),
    before=st.integers(0, 12),
    after=st.integers(0, 12),
    dilation=st.integers(1, 5),
    ceil=st.booleans(),
)


def looked_at(window: Window, size: int) -> list[int]:
    """The places of the input that each tap of each position looks at."""
    taps = [place for position in range(window.positions(size)) for place in window.reads(position)]
    return [place for place in taps if 0 <= place < size]


@settings(deadline=None, max_examples=120)
@given(WINDOWS, st.integers(1, 40))
def test_what_is_looked_at_is_what_counting_finds(window: Window, size: int) -> None:
    """The places that are seen, and the share of the taps that see input, equal those of every tap looked at."""
    assume(window.positions(size) > 0)
    counted = looked_at(window, size)
    seen = windows._seen(window, size)
    assert [place for place in range(size) if seen >> place & 1] == sorted(set(counted))
    if 4 * (window.before + window.after) >= size:
        share = len(counted) / (window.positions(size) * window.kernel)
        padded = window.before + window.after > 0
        assert abs(windows._share(window, size) - (share if padded else 1)) < 1e-12


def test_windows_past_all_sense_are_answered() -> None:
    """Of a million taps at a million positions, and of a billion positions, the taps are not gone through."""
    lines = "  - Conv1d: {out_channels: 1, kernel_size: 1000000, padding: 999999}\n    from: input\n"
    lines += "  - Conv1d: {out_channels: 1, kernel_size: 3, dilation: 2, padding: 1000000000}\n    from: input\n"
    found = check_source(Source("own.yaml", f"cnnspec: 1\ninput: [1, 8]\nlayers:\n{lines}"))
    assert {(warning.code, warning.span.line) for warning in found} >= {("padded-window", 4), ("padded-window", 6)}
