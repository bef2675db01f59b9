"""Checking, tables and lists never import torch: a fresh process for each command."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
sys.argv = ["cnnspec", *sys.argv[1:]]
from cnnspec.cli.app import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
heavy = {"torch", "torchvision", "numpy", "sklearn", "matplotlib", "safetensors"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "mnist/resnet152"],
        ["check", "--format", "json", "mnist/lenet"],
        ["check", "--format", "sarif", "mnist/lenet", "--max-params", "1M", "--max-memory", "1GB", "--min-input", "28"],
        ["inputs", "mnist/lenet"],
        ["summary", "mnist/googlenet"],
        ["summary", "--format", "json", "mnist/lenet"],
        ["summary", "--format", "markdown", "mnist/lenet"],
        ["summary", "--format", "csv", "mnist/lenet"],
        ["diagram", "googlenet"],
        ["diagram", "mnist/lenet", "--format", "mermaid"],
        ["diagram", "mnist/lenet", "--format", "dot"],
        ["layers"],
        ["layers", "Conv2d"],
        ["layers", "Inception"],
        ["zoo"],
        ["schema"],
        ["export", "resnet50"],
        ["--version"],
        ["--help"],
        ["train", "--help"],
        ["compare", "--help"],
    ],
    ids=" ".join,
)
def test_command_does_not_import_torch(arguments: list[str]) -> None:
    """A command that builds nothing pays for nothing that builds."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
