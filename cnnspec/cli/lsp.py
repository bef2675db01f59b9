"""`cnnspec lsp`."""

from __future__ import annotations

import sys

import typer

from cnnspec.engine.diagnostics import OutputError


def lsp() -> None:
    """Run the language server, which an editor starts and uses over standard input and output.

    It checks specs, recipes and sweeps while you type, and shows the output shape of each line. The network is
    neither built nor run, and torch is not needed. docs/how-to/editors.md has the settings for VS Code, Neovim,
    Helix, Emacs, Zed and PyCharm.
    """
    from cnnspec.lsp import serve

    if sys.stdin is None or sys.stdout is None:
        raise OutputError("standard input or standard output is closed", "an editor starts the server with both")
    raise typer.Exit(serve())
