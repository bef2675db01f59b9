"""Building a module, on the CPU with initial weights and on meta without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torchvision.models import resnet152

import cnnspec
from benchmarks.caches import forget
from benchmarks.finding import Finding, Goal
from benchmarks.timing import alternate

NOTE = "torchvision's constructor initialises every convolution twice: nn.Conv2d's own way, then kaiming_normal_"
SAME: dict[str, Any] = {"variant": "resnet152_fixed", "input": [3, 224, 224], "num_classes": 1000}
REPORTED: dict[str, Any] = {"variant": "resnet152"}


def measure(quick: bool) -> Iterator[Finding]:
    """Torchvision's very network first; then the report's, which has more to initialise."""
    on_cpu, on_meta = (2, 3) if quick else (9, 15)
    yield against_constructor("cpu", on_cpu, SAME)
    yield against_constructor("meta", on_meta, SAME)
    yield against_constructor("cpu", on_cpu, REPORTED)
    yield against_constructor("meta", on_meta, REPORTED)


def against_constructor(device: str, rounds: int, settings: dict[str, Any]) -> Finding:
    sides = {"build": lambda: build(device, settings), "construct": lambda: construct(device)}
    found = alternate(sides, rounds, prepare=forget)
    return Finding(
        what=f"build mnist/{settings['variant']} from text, on {device}, {millions(build('meta', settings))}",
        against=f"torchvision resnet152() on {device}, {millions(construct('meta'))}",
        value=found.ratio("build", "construct"),
        goal=Goal(1.0),
        ours=found.median("build"),
        theirs=found.median("construct"),
        note=NOTE,
    )


def build(device: str, settings: dict[str, Any]) -> nn.Module:
    return cnnspec.build("mnist/resnet", **settings, device=device)


def construct(device: str) -> nn.Module:
    with torch.device(device):
        return resnet152()  # type: ignore[no-any-return]


def millions(model: nn.Module) -> str:
    return f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters"
