"""``python -m benchmarks [NAME…] [--quick] [--json FILE]``: measure, then print figures, goals and verdicts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from rich.console import Console

from benchmarks.finding import Finding
from benchmarks.machine import machine
from benchmarks.table import cells, table

MEASUREMENTS = (
    "check",
    "shipped",
    "keystroke",
    "graph",
    "build",
    "chain",
    "planning",
    "step",
    "throughput",
    "gpu",
    "start",
    "saving",
)
BUSY = 0.5  # processes that ran on average over the last minute


def main() -> None:
    arguments = parse()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 180  # a log is read unwrapped
    described = machine()
    console.print("  ".join(f"{key} {value}" for key, value in described.items()))
    if float(described["load"]) > BUSY:
        console.print("[yellow]the machine has other work: torch's threads wait for each other: figures are off[/]")
    findings = list(measured(arguments.names or MEASUREMENTS, arguments.quick, console))
    console.print(table(findings))
    for note in dict.fromkeys(finding.note for finding in findings if finding.note):
        console.print(f"* {note}")
    if arguments.json:
        write_json(arguments.json, described, findings)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}; all if none is given")
    parser.add_argument("--quick", action="store_true", help="a few rounds of each, to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in MEASUREMENTS]:
        parser.error(f"no measurement is called {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
    return arguments


def measured(names: Sequence[str], quick: bool, console: Console) -> Iterator[Finding]:
    """Measures one after another, with a line for each finding as it comes: a full run takes minutes."""
    for name in names:
        with console.status(f"measuring {name}"):
            for finding in import_module(f"benchmarks.{name}").measure(quick):
                what, _, _, _, figure, *_ = cells(finding)
                console.print(f"{name}: {what}: {figure}")
                yield finding


def write_json(path: Path, described: dict[str, str], findings: Sequence[Finding]) -> None:
    content = {"machine": described, "findings": [finding.as_json() for finding in findings]}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
