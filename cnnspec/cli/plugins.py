"""`--plugin`, which every command has that reads specs or names layers."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

import cnnspec
from cnnspec.cli.output import console

Plugins = Annotated[
    list[str] | None,
    typer.Option("--plugin", metavar="FILE", help="A Python file with your own layers, which is run; can be repeated."),
]


def with_plugins(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the option, whose files are imported before anything is read."""

    @wraps(command)
    def run(*given: Any, plugin: list[str] | None = None, **named: Any) -> None:
        if plugin:
            from cnnspec.engine.plugins.register import PluginWarning
        for path in plugin or ():
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always", PluginWarning)
                cnnspec.plugin(path)
            for each in told:
                console(stderr=True).print(f"warning: {each.message}", markup=False, highlight=False, soft_wrap=True)
        command(*given, **named)

    own = inspect.signature(command, eval_str=True)
    option = inspect.Parameter("plugin", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Plugins)
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), option])  # type: ignore[attr-defined]
    return run
