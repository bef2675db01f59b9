"""The commands by name, each imported when it is asked for: `check` starts without what `train` and `sweep` need.

cnnspec check …     ──► cnnspec.cli.check alone
cnnspec --help      ──► all of them, for their first lines
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from cnnspec.cli.command import Command
from cnnspec.cli.output import interruptible
from cnnspec.cli.panels import COMMAND_PANEL, in_panels
from cnnspec.cli.plugins import with_plugins
from cnnspec.engine.gc_paused import gc_paused
from cnnspec.extras import requiring

NAMES = (
    *(
        "check",
        "fmt",
        "lsp",
        "explain",
        "summary",
        "inputs",
        "diagram",
        "layers",
        "zoo",
        "recipes",
        "sweeps",
        "schema",
        "import",
        "export",
    ),
    *("train", "sweep", "eval", "predict", "features", "compare", "report", "data"),
)
UNLIKE = {"import": "import_:import_", "eval": "eval:evaluate", "data": "data:app"}  # words of Python, and a group
MODULES = {name: UNLIKE.get(name, f"{name}:{name}") for name in NAMES}
EXTRAS = dict.fromkeys(("train", "eval", "predict", "features", "compare", "report"), "train") | {"sweep": "sweep"}
NO_LAYERS = ("explain", "fmt", "import")  # what they say of layers is the same with and without plugins
LOOK: dict[str, Any] = {
    "no_args_is_help": True,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": "markdown",
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class Places(MutableMapping[str, Any]):
    """Commands as typer makes them, by name; made when they are taken."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            self.made[name] = made(name, MODULES[name])
            self.made[name].rich_help_panel = COMMAND_PANEL[name]
        return self.made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self.made[name] = command

    def __delitem__(self, name: str) -> None:
        del self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**given, "commands": Places()})

    def invoke(self, ctx: Any) -> Any:
        """Run a command. Raises UsageError where it needs a package that only an extra brings."""
        with requiring(
            lambda: EXTRAS.get(ctx.invoked_subcommand, "torch"), lambda: f"`cnnspec {ctx.invoked_subcommand}`"
        ):
            return super().invoke(ctx)


def made(name: str, place: str) -> TyperCommand | TyperGroup:
    """The command at ``module:function``, or the group at ``module:app``, of this package."""
    module, _, own = place.partition(":")
    found: Callable[..., None] | typer.Typer = getattr(gc_paused(import_module)(f"cnnspec.cli.{module}"), own)
    if isinstance(found, typer.Typer):
        group: TyperGroup = typer.main.get_command(found)  # type: ignore[assignment]
        return group
    alone = typer.Typer(add_completion=False, **LOOK)
    alone.command(name, cls=Command)(interruptible()(found if name in NO_LAYERS else with_plugins(found)))
    command: TyperCommand = typer.main.get_command(alone)  # type: ignore[assignment]
    return in_panels(command)
