"""``python -m tests.parity [NAME…]``: compare every builder of torchvision in full, and write docs/parity.md.

Each runs in a process of its own, so that the memory of a large network is given back. What was found lies in
``build/parity``, a file for each: a run that was cut off goes on where it was, and what has changed is done again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from tests.parity.builders import NAMES, family
from tests.parity.lengths import lengths
from tests.parity.measure import Record, measure
from tests.parity.page import PAGE, cells, page, summary

REPOSITORY = Path(__file__).parent.parent.parent
KEPT = REPOSITORY / "build" / "parity"


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


def compared(names: list[str], *, again: bool) -> Iterator[Record]:
    """The record of each builder, with its row printed as it comes."""
    for number, name in enumerate(names, 1):
        start = perf_counter()
        kept, key = KEPT / f"{name}.json", fingerprint(name)
        found = json.loads(kept.read_text()) if kept.exists() and not again else {}
        if found.get("fingerprint") != key:
            found = {"fingerprint": key, "record": alone(name)}
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(found))
        record = Record(**found["record"])
        row = "  ".join(cells(record))
        print(f"{number:2} of {len(names)}  {perf_counter() - start:5.1f} s  {row}", flush=True)
        yield record


def alone(name: str) -> dict[str, object]:
    """The record as a process of its own finds it."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.parity", "--one", name]
    done = subprocess.run(command, cwd=REPOSITORY, env=os.environ, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def fingerprint(name: str) -> str:
    """Of all that a record depends on: the package, the comparison, the spec, torch and torchvision."""
    mark = hashlib.sha256(f"{version('torch')} {version('torchvision')}".encode())
    package = [*(REPOSITORY / "cnnspec").rglob("*.py"), *(REPOSITORY / "cnnspec").rglob("blocks/*.yaml")]
    for path in (
        *sorted(package),
        *sorted(Path(__file__).parent.glob("*.py")),
        REPOSITORY / f"specs/{family(name)}.yaml",
    ):
        mark.update(path.read_bytes())
    return mark.hexdigest()


if __name__ == "__main__":
    main()
