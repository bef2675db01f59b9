"""Runs the engine's commands on every shipped spec, in the process that runs this file; prints one line.

Imports nothing but cnnspec and the standard library: it runs where only the engine is installed.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout

ABSENT = ("torch", "torchvision", "numpy", "PIL", "safetensors", "matplotlib", "jinja2", "optuna")
EVERY = (["check"], ["summary"], ["inputs"], ["diagram"], ["export", "--to", "python"])
ONCE = (
    ["schema"],
    ["fmt", "--check", "unet"],
    ["layers"],
    ["layers", "Conv2d"],
    ["zoo"],
    ["explain", "window-too-large"],
    ["sweep", "lenet_relu", "--plan"],
)
NEED = {"train": "train", "eval": "train", "report": "train", "compare": "train", "import": "torch", "data": "torch"}
ARGUMENTS = {"train": ["mnist/lenet"], "import": ["x.py:Net", "--input", "3,8,8"], "data": ["check", "digits"]}


def run(*arguments: str) -> tuple[int, str]:
    """The exit code of a command and everything it printed."""
    from cnnspec.cli.app import main

    out = io.StringIO()
    sys.argv = ["cnnspec", *arguments]
    with redirect_stdout(out), redirect_stderr(out):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def main() -> None:
    """Raises AssertionError for the first command that does not end as it should."""
    from cnnspec.engine.spec import known_specs

    os.chdir(tempfile.mkdtemp())  # some commands look for files, and none must find any
    names = known_specs()
    for command in EVERY:
        for name in names:
            code, printed = run(command[0], name, *command[1:])
            assert code == 0, (command, name, code, printed)
    for arguments in ONCE:
        code, printed = run(*arguments)
        assert code == 0, (arguments, code, printed)
    for command, extra in NEED.items():
        code, printed = run(command, *ARGUMENTS.get(command, ["runs/x"]))
        assert code == 2 and f"pip install 'cnnspec[{extra}]'" in printed, (command, code, printed)  # noqa: PT018
        assert len(printed.splitlines()) == 1, printed
    imported = [name for name in ABSENT if name in sys.modules]
    assert not imported, imported
    print(
        f"{len(names)} specs, {len(EVERY)} commands each: all end with 0"
        f" (Python {sys.version.split()[0]} on {sys.platform})"
    )


if __name__ == "__main__":
    main()
