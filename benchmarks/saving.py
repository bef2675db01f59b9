"""What a checkpoint costs: the time of one save, and the steps that could have been made meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

import cnnspec
from benchmarks.finding import Finding
from benchmarks.step import nothing
from benchmarks.throughput import BATCH, CPU, RECIPE, Digits, in_memory
from benchmarks.timing import alternate
from cnnspec.pytorch.train.checkpoint import Checkpoints
from cnnspec.pytorch.train.device import placed
from cnnspec.pytorch.train.train_state import TrainState

STEPS = {"lenet": 20, "resnet18": 2}
AN_EPOCH = 844  # steps of MNIST's 54,000 training images


def measure(quick: bool) -> Iterator[Finding]:
    digits = Digits()
    for name, steps in STEPS.items():
        with TemporaryDirectory(dir=Path.cwd()) as folder:  # on a disk, where /tmp may be memory
            yield of_network(name, digits, steps, Path(folder), rounds=2 if quick else 15)


def of_network(name: str, digits: Digits, steps: int, folder: Path, rounds: int) -> Finding:
    state = TrainState.of(RECIPE, placed(cnnspec.build(f"mnist/{name}"), CPU), BATCH, classes=10)
    for parameter in state.model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    state.step()  # so that the optimizer has what it saves
    checkpoints = Checkpoints(folder, 2**40)
    sides = {"save": lambda: checkpoints.save(state.state()), "steps": in_memory(name, digits, steps * BATCH)}
    found = alternate(sides, rounds, prepare=nothing)
    share = 100 * found.median("save") / (found.median("steps") / steps * AN_EPOCH)
    return Finding(
        what=f"a checkpoint of mnist/{name}, written, hashed, synced and renamed",
        against=f"{steps} steps of training it, batch {BATCH}",
        value=found.ratio("save", "steps"),
        goal=None,
        ours=found.median("save"),
        theirs=found.median("steps"),
        note=f"one checkpoint in an epoch of MNIST ({AN_EPOCH} steps) takes {share:.2f} % of it for mnist/{name}",
    )
