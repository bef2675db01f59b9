"""The window formula is torch's, over a space of settings."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnnspec.engine.layers import Unwindow, Window

small = st.integers(1, 7)
padding = st.integers(0, 4)
space = settings(max_examples=300, deadline=None, derandomize=True, database=None)


def torch_size(operation: Any, *arguments: Any, **settings: Any) -> int:
    """The last size of what torch gives, 0 where it raises."""
    try:
        return int(operation(*arguments, **settings).shape[-1])
    except RuntimeError:
        return 0


def value_of(formula: str) -> tuple[int, int]:
    """Both sides of a formula as a message shows it."""
    left, right = formula.replace("·", "*").replace("−", "-").split(" = ")
    return eval(left, {"floor": math.floor, "ceil": math.ceil}), int(right)


@space
@given(st.integers(1, 12), small, small, padding, small)
def test_positions_are_those_of_a_convolution(size: int, kernel: int, stride: int, pad: int, dilation: int) -> None:
    """A window has as many positions as torch's convolution has outputs, and none where torch refuses."""
    expected = torch_size(
        functional.conv1d, torch.ones(1, 1, size), torch.ones(1, 1, kernel), None, stride, pad, dilation
    )
    assert max(Window(kernel, stride, pad, pad, dilation).positions(size), 0) == expected


@space
@given(st.integers(1, 12), small, small, padding, small, st.booleans())
def test_positions_are_those_of_a_pool(
    size: int, kernel: int, stride: int, pad: int, dilation: int, ceil: bool
) -> None:
    """The same holds for pools, which may round up, where the padding is at most half of the kernel."""
    assume(pad <= kernel // 2)
    expected = torch_size(functional.max_pool1d, torch.ones(1, 1, size), kernel, stride, pad, dilation, ceil)
    assert max(Window(kernel, stride, pad, pad, dilation, ceil).positions(size), 0) == expected


@space
@given(st.integers(1, 12), small, small, padding, padding, small, st.booleans())
def test_the_formula_says_the_positions(
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int, ceil: bool
) -> None:
    """What a message shows as arithmetic is right on both sides."""
    window = Window(kernel, stride, before, after, dilation, ceil)
    assert value_of(window.formula(size)) == (window.positions(size),) * 2


@space
@given(st.integers(1, 6), small, small, padding, small, st.booleans())
def test_a_window_sees_nothing_only_at_its_first_position(
    size: int, kernel: int, stride: int, pad: int, dilation: int, ceil: bool
) -> None:
    """A pool's window looks at padding alone exactly where ``sees_nothing`` says so."""
    assume(pad <= kernel // 2)
    window = Window(kernel, stride, pad, pad, dilation, ceil)
    starts = [i * stride - pad for i in range(window.positions(size))]
    assume(starts)
    blind = [not any(0 <= start + i * dilation < size for i in range(kernel)) for start in starts]
    assert any(blind) == window.sees_nothing(size)


@space
@given(st.integers(1, 6), small, small, padding, padding, small)
def test_reversed_positions_are_those_of_a_transposed_convolution(
    size: int, kernel: int, stride: int, pad: int, output_padding: int, dilation: int
) -> None:
    """A reversed window has as many positions as torch's transposed convolution has outputs."""
    assume(output_padding < max(stride, dilation))
    window = Unwindow(kernel, stride, pad, output_padding, dilation)
    assert value_of(window.formula(size)) == (window.positions(size),) * 2
    weight = torch.ones(1, 1, kernel)
    expected = torch_size(
        functional.conv_transpose1d, torch.ones(1, 1, size), weight, None, stride, pad, output_padding, 1, dilation
    )
    assert max(window.positions(size), 0) == expected


@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_a_reversed_window_undoes_a_window(kernel: int) -> None:
    """A transposed convolution gives the size back that a convolution with the same settings took."""
    for stride, pad, size in [(1, 0, 7), (2, 1, 7), (3, 2, 5)]:
        enlarged = Unwindow(kernel, stride, min(pad, kernel // 2)).positions(size)
        assert Window(kernel, stride, min(pad, kernel // 2), min(pad, kernel // 2)).positions(enlarged) == size


def test_a_dilated_window_reaches_further() -> None:
    """Five values, looked at in steps of 3, reach over 13."""
    assert Window(5, dilation=3).extent == 13
