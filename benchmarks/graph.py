"""Text to graph (names, shapes, costs) against the torch way to learn shapes: build on the meta device and run."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torchvision.models import resnet152

import cnnspec
from benchmarks.caches import forget
from benchmarks.finding import Finding, Goal
from benchmarks.timing import alternate


def measure(quick: bool) -> Iterator[Finding]:
    sides = {"graph": lambda: cnnspec.graph("mnist/resnet152"), "meta": build_and_run_on_meta}
    rounds = alternate(sides, rounds=3 if quick else 15, prepare=forget)
    yield Finding(
        what="mnist/resnet152 from text to graph",
        against="torchvision resnet152 built and run on meta",
        value=rounds.ratio("meta", "graph"),
        goal=Goal(10, at_least=True),
        ours=rounds.median("graph"),
        theirs=rounds.median("meta"),
        note="in a process with everything imported; cnnspec's caches are emptied before each call",
    )


def build_and_run_on_meta() -> None:
    with torch.device("meta"):
        resnet152()(torch.empty(1, 3, 224, 224))
