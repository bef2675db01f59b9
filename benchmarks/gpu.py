"""Training on a CUDA GPU: images per second in 32 bits, in bfloat16 and compiled; nothing where there is no GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from benchmarks.finding import Finding, Goal
from benchmarks.step import nothing
from benchmarks.throughput import BATCH, Digits, in_memory, one_batch
from benchmarks.timing import alternate
from cnnspec.engine.recipe import Recipe

BATCHES = {"lenet": 400, "googlenet": 100, "resnet18": 100}
WAYS = {
    "float32": Recipe.of(batch_size=BATCH),
    "bfloat16": Recipe.of(batch_size=BATCH, amp="bf16", channels_last=True),
    "bfloat16, compiled": Recipe.of(batch_size=BATCH, amp="bf16", channels_last=True, compile=True),
}


def measure(quick: bool) -> Iterator[Finding]:
    if not torch.cuda.is_available():
        return
    digits = Digits()
    for name, batches in BATCHES.items():
        yield from of_network(name, digits, 10 if quick else batches, rounds=2 if quick else 9)


def of_network(name: str, digits: Digits, batches: int, rounds: int) -> Iterator[Finding]:
    device, drawn = torch.device("cuda"), batches * BATCH
    sides = {way: waited(in_memory(name, digits, drawn, recipe, device)) for way, recipe in WAYS.items()}
    found = alternate({**sides, "one batch": waited(one_batch(name, digits, batches, device))}, rounds, prepare=nothing)
    for way in WAYS:
        yield Finding(
            what=f"throughput of training mnist/{name} on {torch.cuda.get_device_name()}, {way}",
            against="the same step in float32 on one batch that is there already",
            value=found.ratio("one batch", way),
            goal=Goal(0.95, at_least=True) if way == "float32" else None,
            ours=drawn / found.median(way),
            theirs=drawn / found.median("one batch"),
            unit="images/s",
        )


def waited(side: Callable[[], None]) -> Callable[[], None]:
    """With all that the GPU still has to do in the time."""

    def run() -> None:
        side()
        torch.cuda.synchronize()

    return run
