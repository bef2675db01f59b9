"""``cnnspec check`` as a person runs it, a whole process, against the import of torch that it avoids."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.finding import Finding, Goal
from benchmarks.timing import alternate

CHECK = (sys.executable, "-m", "cnnspec", "check", "mnist/resnet152")
IMPORT = (sys.executable, "-c", "import torch")


def measure(quick: bool) -> Iterator[Finding]:
    rounds = alternate({"check": lambda: run(CHECK), "import": lambda: run(IMPORT)}, rounds=2 if quick else 11)
    yield Finding(
        what="check mnist/resnet152, whole process",
        against='python -c "import torch"',
        value=rounds.ratio("check", "import"),
        goal=Goal(0.25),
        ours=rounds.median("check"),
        theirs=rounds.median("import"),
        note="files are in the page cache and compiled: both sides have run once before",
    )


def run(command: tuple[str, ...]) -> None:
    """The command, whose compiled modules are kept, as those of an installed package are."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=kept)
