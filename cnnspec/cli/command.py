"""A command as typer runs it, whose options say in plain words what they do not take.

summary --depth -1      Invalid value for '--depth': it takes at least 1, not -1
check --format xml      Invalid value for '--format': 'xml' is not one of 'text', 'json', ...
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from cnnspec.engine.diagnostics import printable

# Of the kinds of pydantic's errors those that an option of ours can have; what each takes.
TAKES = {
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "greater_than": "more than {gt:g}",
    "less_than": "less than {lt:g}",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
}


class Command(TyperCommand):
    """A command of the command line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments by the command's options. Raises BadParameter, in our words."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            error.message = printable(_said(error))
            raise


def _said(error: typer.BadParameter) -> str:
    """What an option does not take: pydantic finds that, whose words speak to programmers."""
    errors = getattr(error.__cause__, "errors", None)
    found = errors()[0] if errors else {}
    words = TAKES.get(found.get("type", ""))
    if words is None:
        return error.message.removeprefix("Value error, ")
    return f"it takes {words.format(**found.get('ctx', {}))}, not {found['input']}"
