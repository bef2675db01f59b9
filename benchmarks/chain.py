"""A chain of ten thousand layers: time must grow with the length of the text and no faster."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import cnnspec
from benchmarks.caches import forget
from benchmarks.finding import Finding, Goal
from benchmarks.timing import Spread, alternate

SHORT, LONG = 1_000, 10_000
LINES = ("- Conv2d: {out_channels: 8, kernel_size: 3, padding: 1}", "- ReLU")

GRAPH = "import sys, cnnspec; cnnspec.graph(sys.argv[1])"
# Linux counts what a process held before its exec into its ru_maxrss, and between fork and exec that is the memory of
# this one, torch and all. So a small process starts the measured one and asks for the peak of its children.
PEAK_OF_CHILD = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def measure(quick: bool) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        short, long = (write_chain(Path(folder), layers) for layers in (SHORT, LONG))
        yield from times(short, long, rounds=2 if quick else 9)
        yield memory(long, rounds=1 if quick else 3)


def write_chain(folder: Path, layers: int) -> Path:
    lines = ["cnnspec: 1", f"name: chain{layers}", "input: [8, 32, 32]", "layers:"]
    path = folder / f"chain{layers}.yaml"
    path.write_text("\n".join([*lines, *islice(cycle(f"  {line}" for line in LINES), layers), ""]))
    return path


def times(short: Path, long: Path, rounds: int) -> Iterator[Finding]:
    """One long chain against as many layers in short ones, which take as long where time is linear."""
    chains = LONG // SHORT
    sides = {"long": lambda: graphs(long, 1), "short": lambda: graphs(short, chains)}
    found = alternate(sides, rounds, prepare=forget)
    yield Finding(
        what=f"a chain of {LONG:,} layers from text to graph",
        against=f"{chains} chains of {SHORT:,} layers",
        value=found.ratio("long", "short"),
        goal=Goal(1.25),
        ours=found.median("long"),
        theirs=found.median("short"),
        note=f"linear in the layers is 1.0 ×, quadratic {chains} ×",
    )
    yield Finding(
        what=f"a chain of {LONG:,} layers, time", against="", value=found.spread("long"), goal=Goal(2), value_unit="s"
    )


def graphs(path: Path, times: int) -> list[cnnspec.Graph]:
    """All at once in memory, so that short chains have no less garbage to look through than the long one."""
    return [cnnspec.graph(path) for _ in range(times)]


def memory(path: Path, rounds: int) -> Finding:
    return Finding(
        what=f"a chain of {LONG:,} layers, peak memory of a process",
        against="",
        value=Spread.of([peak_megabytes(path) for _ in range(rounds)]),
        goal=Goal(200),
        value_unit="MB",
        note="peak memory is that of a whole process, interpreter and imports included",
    )


def peak_megabytes(path: Path) -> float:
    command = [sys.executable, "-c", PEAK_OF_CHILD, sys.executable, "-c", GRAPH, str(path)]
    peak = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6  # bytes there, KiB on Linux
