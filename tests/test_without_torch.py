"""Checking, tables and lists never import torch: what a process has imported is looked at after each command."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from cnnspec.cli.app import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["cnnspec", *arguments]
    try:
        main()
    except SystemExit as end:
        assert not end.code, (arguments, end.code)
    heavy = {"torch", "torchvision", "numpy", "sklearn", "matplotlib", "safetensors"} & set(sys.modules)
    assert not heavy, (arguments, heavy)
"""
COMMANDS = [
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
    ["fmt", "--check", "mnist/lenet"],
    ["export", "resnet50"],
    ["--version"],
    ["--help"],
    ["train", "--help"],
    ["compare", "--help"],
]


def test_commands_do_not_import_torch() -> None:
    """A command that builds nothing pays for nothing that builds."""
    program = [sys.executable, "-c", PROGRAM, json.dumps(COMMANDS)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


STARTED = """
import sys
from cnnspec.cli.app import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--version"], {"yaml", "cnnspec.api", "cnnspec.engine.layers", "cnnspec.engine.spec"}),
        (
            ["check", "mnist/lenet"],
            {
                "rich.console",
                "cnnspec.engine.recipe",
                "cnnspec.engine.budget",
                "cnnspec.engine.inputs",
                "cnnspec.pytorch",
            },
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_starts_with_what_it_needs(arguments: list[str], absent: set[str]) -> None:
    """A sound text is checked without what tells of mistakes, and a version is told without what checks."""
    program = [sys.executable, "-c", STARTED, *arguments]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not absent & set(done.stdout.split())
