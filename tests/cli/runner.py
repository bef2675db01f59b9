"""Runs the command line in this process, with its exit code as a shell sees it."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest.mock import patch

from cnnspec.cli import output
from cnnspec.cli.app import main


@dataclass(frozen=True)
class Result:
    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def run(*arguments: str) -> Result:
    """`cnnspec` with these arguments."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    output.console.cache_clear()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(sys, "argv", ["cnnspec", *arguments]),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    output.console.cache_clear()
    return Result(code, out.getvalue(), err.getvalue())
