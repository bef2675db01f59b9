"""An input whose sizes do not divide is answered by the nearest that do."""

from __future__ import annotations

import random

import pytest

from cnnspec.engine.checking import apply, check_source, diagnose
from cnnspec.engine.diagnostics import Diagnostic, Source


def unet(levels: int, size: int) -> Source:
    """A U-Net of so many levels, which takes multiples of 2 to their power."""
    down = [
        f"  - {{Conv2d: {{out_channels: 4, kernel_size: 1}}, id: d{i}}}\n  - MaxPool2d: {{kernel_size: 2}}"
        for i in range(levels)
    ]
    up = [f"  - Upsample: {{scale_factor: 2}}\n  - Concat:\n    from: [prev, d{i}]" for i in reversed(range(levels))]
    return Source("unet.yaml", "\n".join((f"cnnspec: 1\ninput: [3, {size}, {size}]\nlayers:", *down, *up)) + "\n")


def told(source: Source) -> Diagnostic:
    (found,) = check_source(source)
    return found


@pytest.mark.parametrize("levels", [1, 2, 3, 5])
def test_a_unet_is_answered_by_the_multiples_beside_its_input(levels: int) -> None:
    """The two nearest multiples are offered and the network takes both."""
    by, draw = 2**levels, random.Random(levels)
    for _ in range(3):
        size = draw.randrange(by + 1, 9 * by)
        if size % by == 0:
            size += 1
        source = unet(levels, size)
        found = told(source)
        below, above = size // by * by, (size // by + 1) * by
        kind = "an even size" if by == 2 else f"a multiple of {by}"
        assert found.help.startswith(f"use {kind}: `input: [3, {below}, {below}]`, or `input: [3, {above}, {above}]`")
        assert all(diagnose(apply(source, repair.edits)) == () for repair in found.repairs[:2])


def test_an_input_that_is_set_from_outside_is_answered_in_words() -> None:
    """Where the text states the input by an expression there is nothing to edit, and the sizes are told."""
    text = (
        unet(5, 650)
        .text.replace("[3, 650, 650]", "[3, $size, $size]")
        .replace("layers:", "params: {size: 650}\nlayers:")
    )
    found = told(Source("unet.yaml", text))
    assert found.help == "use a multiple of 32: 640 or 672"


def test_strides_that_differ_are_no_fault_of_the_input() -> None:
    """A few small sizes hide a stride in one path alone: the paths are told of, not the input."""
    lines = "  - Add:\n    - - Conv2d: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1}\n    - []\n"
    found = told(Source("own.yaml", f"cnnspec: 1\ninput: [3, 65, 65]\nlayers:\n{lines}"))
    assert found.help == "give the paths equal strides, and paddings that keep their sizes equal"
