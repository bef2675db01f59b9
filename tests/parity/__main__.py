"""``python -m tests.parity [NAME…]``: compare every builder of torchvision in full, and write docs/parity.md.

Each runs in a process of its own, so that the memory of a large network is given back.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from time import perf_counter

from tests.parity.builders import NAMES
from tests.parity.kept import REPOSITORY, keep, kept
from tests.parity.lengths import lengths
from tests.parity.measure import Record, measure
from tests.parity.page import PAGE, cells, page, summary


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="builders; all, and the page, if none is given")
    parser.add_argument("--again", action="store_true", help="also what has been compared before")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one).as_json()))
        return
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"torchvision has no classifier {', '.join(sorted(unknown))}")
    records = list(compared(given.names or NAMES, again=given.again))
    print(summary(records))
    if not given.names:
        PAGE.write_text(page(records, lengths()), encoding="utf-8")
    sys.exit(0 if all(record.is_equal for record in records) else 1)


def compared(names: Sequence[str], *, again: bool) -> Iterator[Record]:
    """The record of each builder, with its row printed as it comes."""
    for number, name in enumerate(names, 1):
        start = perf_counter()
        record = None if again else kept(name)
        if record is None:
            record = alone(name)
            keep(record)
        row = "  ".join(cells(record))
        print(f"{number:2} of {len(names)}  {perf_counter() - start:5.1f} s  {row}", flush=True)
        yield record


def alone(name: str) -> Record:
    """The record as a process of its own finds it."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.parity", "--one", name]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return Record(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
