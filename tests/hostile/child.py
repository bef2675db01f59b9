"""The command in a process of its own, and how much memory that took."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

LIMIT = 300  # seconds until a process that hangs is ended
# Linux counts what a process held before its exec into its ru_maxrss: a small one starts the measured one.
# It keeps what Python compiles of the modules, as an installed package does, even where the environment says not to.
STARTER = """
import json, os, sys
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
child = os.posix_spawn(sys.executable, [sys.executable, "-m", *sys.argv[1:]], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = usage.ru_utime + usage.ru_stime
print("\\n" + json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss, seconds]), file=sys.stderr)
"""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, what it printed, its peak memory in MB, and its processor time."""

    exit_code: int
    stdout: str
    stderr: str
    megabytes: float
    seconds: float


def run(*arguments: str, module: str = "cnnspec") -> Ended:
    """`python -m` a module with these arguments, in a process of its own."""
    command: Sequence[str] = [sys.executable, "-S", "-c", STARTER, module, *arguments]
    done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=True)
    stderr, _, measured = done.stderr.decode().rstrip("\n").rpartition("\n")
    code, peak, seconds = json.loads(measured)
    megabytes = peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6  # bytes there, KiB on Linux
    return Ended(code, done.stdout.decode(), stderr, megabytes, seconds)
