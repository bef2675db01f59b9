"""`cnnspec schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnspec.cli.output import save, say, write
from cnnspec.engine.diagnostics import UsageError


def schema(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to this file.")] = None,
    recipe: Annotated[bool, typer.Option("--recipe", help="Print the schema of recipes.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Print the schema of sweep files.")] = False,
) -> None:
    """Print the JSON Schema of the language, for completion and checks in editors; it includes layers of plugins.

    `cnnspec schema --out cnnspec.schema.json` writes it to a file. A spec in the same folder then starts with the
    line `# yaml-language-server: $schema=cnnspec.schema.json`, as the shipped specs do.
    """
    from cnnspec.engine.plugins import load_offered
    from cnnspec.engine.schema import schema as language
    from cnnspec.engine.schema.recipe import schema as of_recipes
    from cnnspec.engine.schema.sweep import schema as of_sweeps
    from cnnspec.engine.schema.text import text
    from cnnspec.engine.spec import builtin_blocks

    if recipe and sweep:
        raise UsageError("--recipe and --sweep exclude each other", "--recipe, --sweep, or neither for that of specs")
    if recipe or sweep:
        found = of_recipes() if recipe else of_sweeps()
    else:
        load_offered(builtin_blocks())
        found = language()
    if out is None:
        write(text(found))
        return
    save(out, text(found) + "\n")
    what = "recipe" if recipe else "sweep" if sweep else "spec"
    say(f"{out} is written; a {what} beside it begins with")
    say(f"# yaml-language-server: $schema={out.name}")
