"""``cnnspec check`` as a person runs it, a whole process, against the imports of torch and of the libraries it needs.

No check can start before Python has started and imported the libraries that it stands on; the second comparison shows
how much of the time is ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.finding import Finding, Goal
from benchmarks.timing import alternate

TORCH = "import torch"
LIBRARIES = "from pydantic import BaseModel; import msgspec, yaml, rich.console, typer.main"
GOALS = {"mnist/lenet": {LIBRARIES: 1.4, TORCH: 0.12}, "mnist/resnet152": {LIBRARIES: 1.6, TORCH: 0.12}}
NOTE = "files are in the page cache and compiled: both sides have run once before"


def measure(quick: bool) -> Iterator[Finding]:
    for name, goals in GOALS.items():
        for imports, goal in goals.items():
            commands = {"check": ("-m", "cnnspec", "check", name), "import": ("-c", imports)}
            sides = {side: partial(run, *command) for side, command in commands.items()}
            rounds = alternate(sides, rounds=2 if quick else 20)
            yield Finding(
                what=f"check {name}, whole process",
                against=f'python -c "{imports}"',
                value=rounds.ratio("check", "import"),
                goal=Goal(goal),
                ours=rounds.median("check"),
                theirs=rounds.median("import"),
                note=NOTE,
            )


def run(*arguments: str) -> None:
    """Run Python; compiled modules are kept, as those of an installed package are."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
