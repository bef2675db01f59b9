"""``python -m benchmarks.sweeps [--images N] [--epochs N] [--data-dir DIR]``: runs side by side against one by one.

The same nine points of two sweeps, once with `--jobs auto` and once one after another with a thread for each core. Both
have the same points, data and epochs, on a part of MNIST; a process is started for each side, and its start counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.machine import cores, machine

GOAL = 1.7
LENETS = """\
cnnspec_sweep: 1
name: lenets
spec: mnist/lenet
recipe: mnist/lenet
axes:
  optimizer.Adam.lr: [0.001, 0.0005, 0.0001]
  params.dropout: [0, 0.2, 0.4]
"""


def main() -> None:
    arguments = parse()
    print("  ".join(f"{key} {value}" for key, value in machine().items()))
    for name in ("alexnet", "lenets"):
        with TemporaryDirectory() as folder:
            measure(name, Path(folder), arguments)


def measure(name: str, folder: Path, arguments: argparse.Namespace) -> None:
    """Both sides of one sweep, and their ratio."""
    (folder / "lenets.yaml").write_text(LENETS)
    file = name if name == "alexnet" else str(folder / "lenets.yaml")
    settings = [f"epochs={arguments.epochs}", f"images={arguments.images}", "data=mnist"]
    options = [part for setting in settings for part in ("--set", setting)]
    options += ["--data-dir", arguments.data_dir] if arguments.data_dir else []
    alone = run(file, folder / "alone", [*options, "--jobs", "1", "--set", f"threads={cores()}"])
    side = run(file, folder / "side", [*options, "--jobs", "auto"])
    verdict = "" if name != "alexnet" else f"  goal ≥ {GOAL} ×: {'met' if alone / side >= GOAL else 'missed'}"
    print(f"{name}: one by one {alone:.1f} s, side by side {side:.1f} s: {alone / side:.2f} × as fast{verdict}")


def run(file: str, out: Path, options: list[str]) -> float:
    """The seconds of one sweep, from the start of its process to its end."""
    began = perf_counter()
    command = [sys.executable, "-m", "cnnspec", "sweep", file, "--out", str(out), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--data-dir", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
