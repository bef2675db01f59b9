"""``python -m tests.parity [NAME…]``: compare every builder of torchvision in full, and write docs/reference/parity.md.

Each runs in a process of its own, so that the memory of a large network is given back.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from tests.parity import kinds
from tests.parity.builders import NAMES
from tests.parity.kept import NETWORK, REPOSITORY, keep, kept
from tests.parity.lengths import lengths
from tests.parity.measure import Record, measure
from tests.parity.page import PAGE, cells, page, summary


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="builders; all, and the page, if none is given")
    parser.add_argument("--again", action="store_true", help="also what has been compared before")
    parser.add_argument("--parts", type=lambda text: text.split(","), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"torchvision has no classifier {', '.join(sorted(unknown))}")
    if given.parts:
        print(json.dumps(found(given.names[0], given.parts)))
        return
    records = list(compared(given.names or NAMES, again=given.again))
    print(summary(records))
    if not given.names:
        PAGE.write_text(page(records, lengths()), encoding="utf-8")
    sys.exit(0 if all(record.is_equal for record in records) else 1)


def compared(names: Sequence[str], *, again: bool) -> Iterator[Record]:
    """The record of each builder, with its row printed as it comes."""
    for number, name in enumerate(names, 1):
        start = perf_counter()
        wanted = [NETWORK, *(kind.name for kind in kinds.asked(name))]
        there = {} if again else kept(name)
        if missing := [part for part in wanted if part not in there]:
            keep(name, alone(name, missing))
        record = assembled(kept(name))
        row = "  ".join(cells(record))
        print(f"{number:2} of {len(names)}  {perf_counter() - start:5.1f} s  {row}", flush=True)
        yield record


def alone(name: str, parts: Sequence[str]) -> dict[str, Any]:
    """Some parts as a process of its own finds them."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.parity", name, "--parts", ",".join(parts)]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def found(name: str, parts: Sequence[str]) -> dict[str, Any]:
    """Some parts of one builder."""
    chosen = [kind for kind in kinds.KINDS if kind.name in parts]
    network = {NETWORK: measure(name).as_json()} if NETWORK in parts else {}
    return network | (kinds.verdicts(name, chosen) if chosen else {})


def assembled(parts: dict[str, Any]) -> Record:
    made = Record(**parts.pop(NETWORK))
    return replace(made, kinds=parts)


if __name__ == "__main__":
    main()
