"""Building a module, on the CPU with initial weights and on meta without."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torchvision.models import resnet152

import cnnspec
from benchmarks.caches import forget
from benchmarks.finding import Finding, Goal
from benchmarks.timing import alternate

NOTE = (
    "torchvision's constructor initialises every convolution twice (nn.Conv2d's own, then kaiming_normal_); "
    "the report's resnet152 has 105 M parameters, torchvision's 60 M; cnnspec's caches are emptied before each call"
)


def measure(quick: bool) -> Iterator[Finding]:
    yield against_constructor("cpu", rounds=2 if quick else 9)
    yield against_constructor("meta", rounds=3 if quick else 25)


def against_constructor(device: str, rounds: int) -> Finding:
    sides = {"build": lambda: cnnspec.build("mnist/resnet152", device=device), "constructor": lambda: construct(device)}
    found = alternate(sides, rounds, prepare=forget)
    return Finding(
        what=f"build mnist/resnet152 on {device}, from text",
        against=f"torchvision resnet152() on {device}",
        value=found.ratio("build", "constructor"),
        goal=Goal(1.0),
        ours=found.median("build"),
        theirs=found.median("constructor"),
        note=NOTE,
    )


def construct(device: str) -> None:
    with torch.device(device):
        resnet152()
