"""What is told of inputs is what the built module takes: of random specs, with and without sizes that it fixes."""

from __future__ import annotations

import random

import pytest
import torch
import yaml

import cnnspec
from cnnspec.engine.inputs import Inputs, solve
from tests.inputs.test_agreement import spec_of

FIXED = """
cnnspec: 1
input: [3, 32, 32]
layers:
  - Pooled: {}
blocks:
  Pooled:
    params:
      tall: {type: int, default: $(in.height)}
      wide: {type: int, default: $(in.width)}
    layers:
      - Concat:
          - - Conv2d: {out_channels: 8, kernel_size: 1}
          - - AdaptiveAvgPool2d: {output_size: 1}
            - Upsample: {size: [$tall, $wide], mode: bilinear}
"""


def test_a_resizing_to_the_height_of_the_input_fixes_it() -> None:
    """The spec accepts any size in place of its own, and the built network that of its own alone."""
    found = solve(spec_of(FIXED))
    assert found.is_only_stated
    assert found.smallest == (32, 32)
    assert [(read.span.line, read.text, read.value) for read in found.fixed] == [(15, "[$tall, $wide]", "[32, 32]")]
    assert found.accepts_restated(17, 40)
    assert not found.accepts(17, 40)


def line(draw: random.Random) -> object:
    """A line that fixes a size of the input, or one that does not."""
    return draw.choice(
        [
            {"Conv2d": {"out_channels": 4, "kernel_size": draw.choice((1, 3)), "stride": draw.choice((1, 2))}},
            {"Conv2d": {"out_channels": 4, "kernel_size": "$(in.height // 4 + 1)", "padding": 2}},
            {"MaxPool2d": {"kernel_size": 2, "ceil_mode": draw.random() < 0.5}},
            {"Upsample": {"size": "$([in.height, in.width])"}},
            {"Upsample": {"scale_factor": 2}},
            {"AvgPool2d": {"kernel_size": "$(in.width // 2 + 1)", "stride": 1}},
            {"AdaptiveAvgPool2d": {"output_size": draw.choice((3, "$(in.height // 2 + 1)"))}},
            {"Conv2d": {"out_channels": 4, "kernel_size": 3}, "when": "$(in.height > 9)"},
            {"Conv2d": {"out_channels": 4, "kernel_size": 3, "padding": 1}, "repeat": "$(in.width % 3)"},
            {"Add": [[], [{"AdaptiveAvgPool2d": {"output_size": "$([in.height, in.width])"}}]]},
            {"Concat": [[], [{"MaxPool2d": {"kernel_size": 2}}, {"Upsample": {"scale_factor": 2}}]]},
        ]
    )


def network(draw: random.Random) -> str:
    lines = [line(draw) for _ in range(draw.randrange(1, 5))]
    ends = draw.choice(([], ["Flatten", {"Linear": {"out_features": 2}}]))
    own = [2, draw.randrange(8, 25), draw.randrange(8, 25)]
    return yaml.safe_dump({"cnnspec": 1, "input": own, "layers": [*lines, *ends]}, sort_keys=False)


def told(found: Inputs, sizes: tuple[int, int]) -> bool:
    """Whether the built network is said to take a size: it is accepted, and the weights are those of the stated one."""
    of_weights = found.built is not None or not found.weights or (found.fits is not None and sizes in found.fits)
    return found.accepts(*sizes) and of_weights


def runs(model: torch.nn.Module, sizes: tuple[int, int]) -> bool:
    try:
        with torch.no_grad():
            model(torch.zeros(1, 2, *sizes))
    except (RuntimeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("seed", range(6))
def test_the_built_module_takes_what_is_told(seed: int) -> None:
    """At random sizes the module runs just where `inputs` says so."""
    draw = random.Random(seed)
    fixed = checked = 0
    while checked < 8:
        text = network(draw)
        try:
            spec = spec_of(text)
            model = cnnspec.build(spec).eval()
        except cnnspec.SpecError:
            continue
        checked += 1
        found = solve(spec)
        fixed += bool(found.fixed)
        for _ in range(12):
            sizes = (draw.randrange(1, 30), draw.randrange(1, 30))
            if sizes not in found.unknown:
                assert (sizes in found.accepted) == found.accepts(*sizes), f"{text}\n{sizes}"
            assert told(found, sizes) == runs(model, sizes), f"{text}\n{sizes}"
    assert fixed
