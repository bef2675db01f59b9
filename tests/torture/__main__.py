"""``python -m tests.torture``: killed processes, failing disks, damaged checkpoints and data; prints the figures.

It ends with 1 where anything was lost, or damage was taken for whole.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from tests.torture import checkpoints, data, faults, kills
from tests.torture import many as processes


def killed(folder: Path, number: int, inside: int, seed: int) -> list[str]:
    figures = kills.run(folder, number, inside, number // 2, seed)
    sent = ", ".join(f"{count} {name}" for name, count in figures.sent.items())
    print(f"{sent} at random moments, {figures.inside_saves} SIGKILLs of them inside a save")
    print(f"  {figures.runs} runs were resumed to their end, {figures.equal} equal to the undisturbed one", flush=True)
    return figures.wrong


def many(folder: Path, number: int, seed: int) -> list[str]:
    figures = processes.run(folder, number, number // 2, seed)
    first, second = figures.killed
    print(f"two processes under torchrun: {first} SIGKILLs of the one that writes, {second} of the other, ", end="")
    print(
        f"{figures.asked} SIGTERM to torchrun\n  {figures.equal} runs came to the end of the undisturbed one",
        flush=True,
    )
    return figures.wrong


def failing(folder: Path, kind: str) -> list[str]:
    place = folder / kind.replace(" ", "-")
    figures = faults.torture(place, kind)
    after = f"{figures.whole} with a whole checkpoint, {figures.before_first} before there was one"
    print(f"{kind} failing, each in turn: {figures.failures} failures, {after}", flush=True)
    return figures.wrong


def damaged(folder: Path, number: int, seed: int) -> list[str]:
    wrong = []
    for kind, figures in checkpoints.run(folder, number, seed).items():
        found = sum(figures.detected.values())
        print(f"{kind} of checkpoints: {figures.tried:,}, of which {found:,} were detected", flush=True)
        wrong += figures.missed
    return wrong


def damaged_data(number: int, seed: int) -> list[str]:
    wrong = []
    print(f"{'damaged data':<24} {'tried':>6} {'refused':>8} {'equal':>6} {'accepted':>9}")
    for name, figures in data.run(number, seed).items():
        found = (figures.files, figures.refused, figures.equal, len(figures.accepted))
        print(f"{name:<24} {found[0]:>6,} {found[1]:>8,} {found[2]:>6,} {found[3]:>9,}", flush=True)
        wrong += figures.accepted
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="SIGKILLs")
    parser.add_argument("--inside", type=int, default=10, help="of which at least so many inside a save")
    parser.add_argument("--processes", type=int, default=4, help="SIGKILLs of one of two processes under torchrun")
    parser.add_argument("--files", type=int, default=1000, help="damaged files of each kind")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"seed {given.seed}, torch {torch.__version__}, {os.cpu_count()} cores, one thread each")
    with TemporaryDirectory() as base:
        folder = Path(base)
        wrong = killed(folder, given.kills, given.inside, given.seed)
        wrong += many(folder / "many", given.processes, given.seed)
        for kind in faults.KINDS:
            wrong += failing(folder, kind)
        wrong += damaged(folder, given.files, given.seed)
    wrong += damaged_data(given.files, given.seed)
    print("\n".join(wrong) or "nothing was lost, and nothing damaged was taken for whole")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
