"""From the command to the first step of training, a whole process, beside the import of torch that it cannot avoid."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.check import TORCH, run
from benchmarks.finding import Finding
from benchmarks.timing import alternate

# The process leaves once a step is done: what a person waits for who looks at the first line of progress.
FIRST_STEP = """
import os
from cnnspec.cli.app import main
from cnnspec.pytorch.train.checkpointer import Checkpointer
Checkpointer.step = lambda checkpointer: os._exit(7)
main()
"""


def measure(quick: bool) -> Iterator[Finding]:
    sides = {"train": first_step, "import": lambda: run("-c", TORCH)}
    rounds = alternate(sides, rounds=2 if quick else 9)
    yield Finding(
        what="train mnist/lenet on digits, from the command to the end of the first step",
        against='python -c "import torch"',
        value=rounds.ratio("train", "import"),
        goal=None,
        ours=rounds.median("train"),
        theirs=rounds.median("import"),
    )


def first_step() -> None:
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-c", FIRST_STEP, "train", "mnist/lenet", "--out", str(Path(folder) / "run")]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 7:
            raise RuntimeError("training has not come to its first step")
