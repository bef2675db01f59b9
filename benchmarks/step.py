"""A training step of a built module against the hand-written one: the spec should cost nothing once it is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 -- its name in every PyTorch program
from torch import Tensor, nn

import cnnspec
from benchmarks.finding import Finding, Goal
from benchmarks.timing import Spread, alternate
from tests.reference import NETWORKS, copy_weights

BATCH = 32


# Nothing is dropped, so that every side computes the same bits.
PARAMS: dict[str, dict[str, Any]] = {"resnet18": {}, "googlenet": {"dropout": 0.0}}


def measure(quick: bool) -> Iterator[Finding]:
    yield against_hand_written("resnet18", rounds=3 if quick else 40)
    yield against_hand_written("googlenet", rounds=3 if quick else 100)


def against_hand_written(name: str, rounds: int) -> Finding:
    models = same_weights(name)
    images, labels = torch.randn(BATCH, 1, 28, 28), torch.randint(10, (BATCH,))
    found = alternate({side: step(model, images, labels) for side, model in models.items()}, rounds, prepare=nothing)
    require_same_work(models)
    return Finding(
        what=f"training step of mnist/{name}, batch {BATCH}",
        against="the same module written by hand",
        value=found.ratio("built", "written"),
        goal=Goal(1.02),
        ours=found.median("built"),
        theirs=found.median("written"),
        note=f"{name}: the hand-written module against itself gives {shown(found.ratio('again', 'written'))}",
    )


def same_weights(name: str) -> dict[str, nn.Module]:
    """The built module and the hand-written one, and the latter again, to show what chance does to the ratio."""
    written = NETWORKS[name]()
    others = {"built": cnnspec.build(f"mnist/{name}", **PARAMS[name]), "again": NETWORKS[name]()}
    for other in others.values():
        copy_weights(written, other)
    return {"written": written, **others}


def step(model: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], None]:
    optimizer = torch.optim.Adam(model.parameters())

    def run() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return run


def nothing() -> None:
    """Instead of collecting garbage, which takes longer than a step; a step leaves no cycles behind."""


def require_same_work(models: dict[str, nn.Module]) -> None:
    """After as many steps from the same weights on the same images the weights are the same, or it was other work."""
    written = list(models["written"].parameters())
    for side, model in models.items():
        if not all(torch.equal(a, b) for a, b in zip(written, model.parameters(), strict=True)):
            raise RuntimeError(f"the {side} module has been trained to other weights than the hand-written one")


def shown(ratio: Spread) -> str:
    return f"{ratio.median:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
