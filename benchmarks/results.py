"""Train on MNIST and digits, three seeds each, and write docs/explanation/results.md: ``python -m benchmarks.results``.

Each training is `cnnspec train`, into a folder of its own below build/results. One that is done is not run again, and
one that was cut off goes on: the whole takes hours on two cores. A run may come from another machine: the page says
which one trained it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

BUILD, PAGE = Path("build/results"), Path("docs/explanation/results.md")
SEEDS = (0, 1, 2)
Ended = Mapping[str, Any]  # a run's result.json
Figures = Mapping[str, Sequence[Ended]]


@dataclass(frozen=True)
class Training:
    """What is trained how, and the test accuracy in percent that is aimed at (None: to compare)."""

    name: str
    spec: str
    flags: tuple[str, ...]
    goal: float | None = None
    data: str = "mnist"

    def result(self, seed: int) -> Path:
        return BUILD / f"{self.name}-{seed}" / "result.json"

    def figures(self, seed: int) -> Ended:
        found: Ended = json.loads(self.result(seed).read_text(encoding="utf-8"))
        return found

    def run(self, seed: int, folder: Path, threads: int) -> None:
        """One run, which is begun, or gone on with, or there already."""
        if self.result(seed).exists():
            return
        flags = [*self.flags, "--seed", str(seed), "--threads", str(threads)]
        if self.data == "mnist":
            flags += ["--data-dir", str(folder)]
        place = str(self.result(seed).parent)
        train = [sys.executable, "-m", "cnnspec", "train", self.spec, *flags, "--resume", place]
        print(" ".join(train[1:]), flush=True)
        subprocess.run(train, check=True)


WHOLE = ("--validation", "0")
ONE_CYCLE = ("--recipe", "mnist/onecycle", "--epochs", "10")
TRAININGS = (
    Training("digits", "mnist/lenet", ("--recipe", "digits/lenet"), 98.0, data="digits"),
    Training("lenet", "mnist/lenet", (*ONE_CYCLE, *WHOLE), 98.9),
    Training("lenet_plain", "mnist/lenet", ("--recipe", "mnist/lenet", *WHOLE)),
    Training("lenet_tuned", "mnist/lenet", ("--recipe", "mnist/lenet_tuned", *WHOLE), 99.4),
    Training("alexnet", "mnist/alexnet", (*ONE_CYCLE, "--set", "dropout=0.2", *WHOLE), 99.2),
    Training("googlenet_fixed", "mnist/googlenet_fixed", (*ONE_CYCLE, *WHOLE), 99.2),
    Training("with_aux", "mnist/googlenet_fixed", ("--recipe", "mnist/googlenet", "--epochs", "2", *WHOLE)),
    Training(
        "without_aux",
        "mnist/googlenet_fixed",
        ("--recipe", "mnist/googlenet", "--epochs", "2", "--set", "aux=false", *WHOLE),
    ),
)


HEAD = """# Results

What `make results` reached: networks trained on all 60,000 training images of MNIST (digits: on what is not its test
part or held back), with the seeds {seeds}, and measured once on the test set, with the weights after the last epoch.
Runs were trained side by side where a machine has many cores, so that their times are no measure of its speed.

| trained with | test accuracy, mean | spread | each seed | goal | epochs | time of a run | on |
| --- | ---: | ---: | --- | ---: | ---: | ---: | --- |
"""
AUX = """
## Auxiliary heads

Szegedy et al. train GoogLeNet with two more classifiers inside, each of whose losses counts 0.3.
`mnist/googlenet_fixed` has both; `--set aux=false` leaves them out. The test accuracies above are those of the
network's own head. The training loss and accuracy of that head alone, after each epoch, as means over the seeds:

| epoch | with heads: loss | accuracy | without: loss | accuracy |
| ---: | ---: | ---: | ---: | ---: |
"""


def page(figures: Figures) -> str:
    head = HEAD.format(seeds=", ".join(map(str, SEEDS)))
    rows = (row(training, figures[training.name]) for training in TRAININGS if training.name in figures)
    return head + "\n".join(rows) + "\n" + (aux() if {"with_aux", "without_aux"} <= set(figures) else "")


def row(training: Training, runs: Sequence[Ended]) -> str:
    shown = [100 * run["test_accuracy"] for run in runs]
    missed = training.goal is not None and mean(shown) < training.goal
    cells = (
        f"`{' '.join((training.spec, *training.flags))}`",
        f"{mean(shown):.2f} %",
        f"{max(shown) - min(shown):.2f}",
        ", ".join(f"{value:.2f}" for value in shown),
        "" if training.goal is None else f"≥ {training.goal:.1f}" + (", missed" if missed else ""),
        str(runs[0]["epochs"]),
        f"{mean(run['seconds'] for run in runs):,.0f} s",
        ", ".join(sorted({f"{run['processor']}, torch {run['torch']}" for run in runs})),
    )
    return f"| {' | '.join(cells)} |"


def aux() -> str:
    """A line for each epoch, of both ways."""
    sides = [[metrics(f"{name}-{seed}") for seed in SEEDS] for name in ("with_aux", "without_aux")]
    lines = []
    for epoch, rows in enumerate(zip(*(zip(*side, strict=True) for side in sides), strict=True), 1):
        cells = [f"{mean(run[key] for run in side):.4f}" for side in rows for key in ("train_loss", "train_accuracy")]
        lines.append(f"| {epoch} | {' | '.join(cells)} |")
    return AUX + "\n".join(lines) + "\n"


def metrics(run: str) -> list[dict[str, float]]:
    lines = (BUILD / run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    parser.add_argument("names", nargs="*", help="trainings, by name; all if none is given")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where MNIST's files are")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    given = parser.parse_args()
    wanted = [training for training in TRAININGS if not given.names or training.name in given.names]
    for seed in given.seeds:
        for training in wanted:
            training.run(seed, given.data_dir, given.threads)
    done = [training for training in TRAININGS if all(training.result(seed).exists() for seed in SEEDS)]
    figures = {training.name: [training.figures(seed) for seed in SEEDS] for training in done}
    PAGE.write_text(page(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
