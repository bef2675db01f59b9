"""``python -m tests.fuzz [--source] [--specs N] [--from SEED] [-j PROCESSES]``: compare random specs with PyTorch.

With ``--source`` the exported Python source of each is compared with the built network. Ends with 1 where they differ,
or where N is large and a layer type, an argument or a code never occurred.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter

from tests.fuzz.many import run, sources
from tests.fuzz.tally import Tally

ENOUGH = 8000  # specs after which everything has been come by
SHOWN = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--specs", type=int, default=10_000, metavar="N")
    parser.add_argument("--from", type=int, default=0, metavar="SEED", dest="first")
    parser.add_argument("-j", type=int, default=2, metavar="PROCESSES", dest="processes")
    parser.add_argument("--source", action="store_true", help="compare exported source with the built network")
    given = parser.parse_args()
    start = perf_counter()
    seeds = range(given.first, given.first + given.specs)
    if given.source:
        tally = run(seeds, given.processes, sources)
        show_sources(tally)
    else:
        tally = run(seeds, given.processes)
        show(tally)
    print(f"in {perf_counter() - start:.0f} s with {given.processes} processes of one thread")
    never = given.specs >= ENOUGH and not given.source and tally.missing()
    sys.exit(1 if tally.disagreements or never else 0)


def show_sources(tally: Tally) -> None:
    """How many sources are their networks, and what stood in the specs."""
    for seed, what, _ in tally.disagreements[:SHOWN]:
        print(f"seed {seed}: {what}\n")
    print(f"sources equal to the built network  {tally.accepted:,} of {tally.specs:,}")
    print(f"specs with                          {tally.why()}")


def show(tally: Tally) -> None:
    for seed, what, text in tally.disagreements[:SHOWN]:
        print(f"seed {seed}: {what}\n\n{text}")
    for line in tally.lines():
        print(line)
    for line in tally.missing():
        print(f"  {line}")


if __name__ == "__main__":
    main()
