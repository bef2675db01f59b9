"""Run the report's ten sweeps and write docs/explanation/reproduction.md: ``python -m benchmarks.reproduction``.

A sweep that is done is not run again, one that was cut off goes on. On a small machine `--scale 0.1` takes less data
and fewer epochs; the page says so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.machine import cores, machine
from benchmarks.reproduction.plans import NAMES, Extent, planned
from benchmarks.reproduction.running import is_done, run_all
from cnnspec.engine.diagnostics import CnnspecError
from cnnspec.pytorch.sweep.local_executor import LocalExecutor
from cnnspec.pytorch.sweep.slots import Slots
from cnnspec.pytorch.train.signals import Stopped

BUILD, DOCS = Path("build/report"), Path("docs/explanation")


def main() -> None:
    given = parse()
    try:
        failures = {} if given.only == "page" else run(given)
    except Stopped as stopped:
        sys.exit(stopped.exit_code)
    except CnnspecError as error:
        sys.exit(f"error: {error}")
    for name, reason in failures.items():
        print(f"{name} is not done: {reason}")
    if given.only != "runs":
        show(given.out, given.docs)
    if failures and given.until is None:
        sys.exit(1)


def show(build: Path, docs: Path) -> None:
    """Write the page of what there is; only this needs what draws charts."""
    from benchmarks.reproduction.found import read_found
    from benchmarks.reproduction.page import PAGE, write_page

    write_page({name: found for name in NAMES if (found := read_found(build, name))}, docs)
    print(f"{docs / PAGE} is written")


def run(given: argparse.Namespace) -> dict[str, str]:
    """Run what is not done."""
    data_dir = str(given.data_dir.absolute()) if given.data_dir else None
    scale: dict[str, float] = dict([("", 1.0), *given.scale])
    epochs: dict[str, int] = dict(given.epochs)
    left = [name for name in given.names or NAMES if not is_done(given.out / name)]
    if not left:
        return {}
    print("  ".join(f"{key} {value}" for key, value in machine().items()), flush=True)
    given.out.mkdir(parents=True, exist_ok=True)
    plans = {}
    for name in left:
        share, most = scale.get(name, scale[""]), epochs.get(name, epochs.get(""))
        extent = Extent(share, most, tuple(given.seeds), given.device, data_dir)
        plans[given.out / name] = planned(name, extent, given.out)
    return run_all(plans, given.jobs or cores(), given.until, partial(workers, log=given.out / "log.txt"))


def workers(slots: Slots, log: Path) -> LocalExecutor:
    return LocalExecutor(slots.jobs, slots.threads, slots.gpus, log)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reproduction", description=__doc__)
    add = parser.add_argument
    names = f"sweeps in the order in which they begin, all if none: {', '.join(NAMES)}"
    add("names", nargs="*", type=name, metavar="NAME", help=names)
    add("--data-dir", type=Path, help="where MNIST's files are")
    part: dict[str, Any] = {"action": "append", "metavar": "[NAME=]N", "default": []}
    add("--scale", type=own(fraction), help="the share of the images; the epochs go by its square root", **part)
    add("--epochs", type=own(int), help="so many epochs; NAME=N, as for --scale, those of one sweep alone", **part)
    add("--seeds", type=int, nargs="*", default=(), help="these seeds for every sweep, instead of those in its file")
    add("--device", default="auto", help="cpu, cuda, or auto: a GPU where there is one")
    add("--jobs", type=int, help="runs side by side, of all sweeps together; by default as many as there are cores")
    add("--until", type=float, metavar="SECONDS", help="save and stop after that; the next start goes on")
    add("--only", choices=["runs", "page"], help="run and write no page, or write the page of what there is")
    add("--out", type=Path, default=BUILD, help="where the sweeps' folders are")
    add("--docs", type=Path, default=DOCS, help="where the page goes")
    return parser.parse_args()


def name(text: str) -> str:
    if text not in NAMES:
        raise argparse.ArgumentTypeError(f"the sweeps are {', '.join(NAMES)}")
    return text


def own(kind: Callable[[str], float]) -> Callable[[str], tuple[str, float]]:
    """Of `NAME=N` the pair; of `N`, which is for all sweeps, the pair with an empty name."""

    def read(text: str) -> tuple[str, float]:
        before, _, number = text.rpartition("=")
        return (name(before) if before else "", kind(number))

    return read


def fraction(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("between 0 and 1")
    return value


if __name__ == "__main__":
    main()
