"""``python -m tests.fuzz [--specs N] [--from SEED] [-j PROCESSES]``: hold random specs against PyTorch.

Ends with 1 where torch disagrees, or where N is large and something was never come by.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter

from tests.fuzz.many import run
from tests.fuzz.tally import Tally

ENOUGH = 8000  # specs after which everything has been come by
SHOWN = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--specs", type=int, default=10_000, metavar="N")
    parser.add_argument("--from", type=int, default=0, metavar="SEED", dest="first")
    parser.add_argument("-j", type=int, default=2, metavar="PROCESSES", dest="processes")
    given = parser.parse_args()
    start = perf_counter()
    tally = run(range(given.first, given.first + given.specs), given.processes)
    show(tally)
    print(f"in {perf_counter() - start:.0f} s with {given.processes} processes of one thread")
    sys.exit(1 if tally.disagreements or (given.specs >= ENOUGH and tally.missing()) else 0)


def show(tally: Tally) -> None:
    for seed, what, text in tally.disagreements[:SHOWN]:
        print(f"seed {seed}: {what}\n\n{text}")
    for line in tally.lines():
        print(line)
    for line in tally.missing():
        print(f"  {line}")


if __name__ == "__main__":
    main()
