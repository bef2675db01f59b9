"""`cnnspec check`."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from cnnspec.api import check as check_spec
from cnnspec.cli.options import Variant, complete_name
from cnnspec.cli.output import console, show, show_error, write
from cnnspec.diagnostics import CnnspecError, Diagnostic, SpecError, as_json, count


class Format(StrEnum):
    text = "text"
    json = "json"


def check(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|NAME...", help="Specs to check, by path or shipped name.", autocompletion=complete_name
        ),
    ],
    variant: Variant = None,
    format: Annotated[Format, typer.Option("--format", help="How to print what is found.")] = Format.text,
) -> None:
    """Check specs: every mistake at its line and column, with its repair.

    A file is checked under each of its variants. Nothing runs and torch is not needed. The exit code is 0 where all
    is sound and 3 where something is not. With --format json each spec gives one line.
    """
    codes = [_check(name, variant, format) for name in names]
    errors = sum(found for found, _ in codes)
    if errors and format is Format.text:
        console().print(f"{count(errors, 'error')} in {count(sum(1 for found, _ in codes if found), 'spec')}")
    raise typer.Exit(3 if errors else max(code for _, code in codes))


def _check(name: str, variant: str | None, format: Format) -> tuple[int, int]:
    """How many errors a spec has, and the exit code it asks for; one that cannot be read does not stop the others."""
    try:
        found: tuple[Diagnostic, ...] = check_spec(name, variant)
    except SpecError as error:
        found = error.diagnostics
    except CnnspecError as error:
        show_error(error)
        return 0, error.exit_code
    if format is Format.json:
        file = found[0].span.source.name if found else name
        write(json.dumps({"file": file, "diagnostics": as_json(found)}, ensure_ascii=False))
    elif found:
        show(found)
    else:
        console().print(f"{name}: sound")
    return len(found), 0
