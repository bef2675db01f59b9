"""Help texts and messages name no option that a command does not have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from cnnspec.cli.app import app
from cnnspec.cli.panels import COMMAND_PANEL, PANEL_OF
from tests.cli.runner import run
from tests.conftest import REPOSITORY, TESTS

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
CALL = re.compile(r"\bcnnspec (\w+)(?: check\b)?([^`\n|]*)")
FOREIGN = {"--head", "--logdir"}  # of `ray start` and `tensorboard`
SOURCES = sorted((REPOSITORY / "cnnspec").rglob("*.py"))
PAGES = [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "cnnspec").rglob("*.md")]


def commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its name, such as `summary` and `data check`; the application has none."""
    yield name, command
    for below, each in (getattr(command, "commands", None) or {}).items():
        yield from commands(each, f"{name} {below}".strip())


COMMANDS = dict(commands(get_command(app)))
OPTIONS = {
    name: {"--help", *(text for param in command.params for text in (*param.opts, *param.secondary_opts))}
    for name, command in COMMANDS.items()
}
EVERY = set().union(*OPTIONS.values())


def strangers(text: str, own: set[str]) -> list[str]:
    """The options in a text that are neither among ``own``, nor of a command that stands before them."""
    left = text
    for match in CALL.finditer(text):
        name = "data check" if match[1] == "data" else match[1]
        if name in OPTIONS:
            left = left.replace(match[0], "")
            if unknown := set(OPTION.findall(match[2])) - OPTIONS[name]:
                return sorted(unknown)
    return [option for option in OPTION.findall(left) if option not in own]


def test_a_stranger_is_found() -> None:
    """An option of another command, one that nobody has, and one of a command that is named but lacks it."""
    assert strangers("set it with --set", OPTIONS["check"]) == ["--set"]
    assert strangers("`cnnspec check --set a=1`", EVERY) == ["--set"]
    assert strangers("`cnnspec summary --set a=1` and --no-such", EVERY) == ["--no-such"]
    assert not strangers("`cnnspec summary --set a=1` or --strict", OPTIONS["check"])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_names_the_commands_own_options(name: str) -> None:
    """In the text of a command and in those of its arguments and options."""
    texts = [COMMANDS[name].help or "", *(getattr(param, "help", None) or "" for param in COMMANDS[name].params)]
    assert [option for text in texts for option in strangers(text, OPTIONS[name])] == []


def test_check_speaks_of_its_own_options() -> None:
    """What `check` says of mistakes names its own options, or those of a command that stands before them."""
    paths = [*TESTS.glob("mistakes/*.txt"), *TESTS.glob("extends/*.txt")]
    texts = [(path.name, line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    helps = [(name, line) for name, line in texts if re.match(r" *= (help|note):", line)]
    assert len(helps) > 300
    assert [(name, option) for name, line in helps for option in strangers(line, OPTIONS["check"])] == []


def test_every_option_in_messages_and_pages_exists() -> None:
    """In each string of the package, and in each call of cnnspec that the pages show."""
    found = [
        (f"{path.name}:{node.lineno}", option)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "--" in node.value
        for option in strangers(node.value, EVERY | FOREIGN)
    ]
    called = [(path.name, match[0]) for path in PAGES for match in CALL.finditer(path.read_text(encoding="utf-8"))]
    assert found + [(page, call) for page, call in called if strangers(call, EVERY)] == []


def test_panels_name_options_and_commands_that_exist() -> None:
    """Each option of a panel is one of a command, each command has a panel, and all options of `train` have one."""
    assert set(PANEL_OF) <= EVERY
    assert set(COMMAND_PANEL) == {name.split()[0] for name in COMMANDS if name}
    assert {"Network", "Data", "Training", "Machine", "Output"} == {
        getattr(param, "rich_help_panel", None) for param in COMMANDS["train"].params if param.opts[0].startswith("--")
    }


def test_help_shows_the_panels() -> None:
    """Under each title are its own options."""
    shown = run("train", "--help").stdout
    data, training = shown.index("─ Data ─"), shown.index("─ Training ─")
    assert data < shown.index("--data-dir") < training < shown.index("--epochs")
    assert "─ Train and evaluate ─" in run("--help").stdout
