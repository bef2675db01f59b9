"""`cnnspec schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnspec.cli.output import save, say, write
from cnnspec.engine.diagnostics import UsageError


def schema(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to a file.")] = None,
    recipe: Annotated[
        bool, typer.Option("--recipe", help="The schema of recipes, by which networks are trained.")
    ] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="The schema of sweep files, by which many are run.")] = False,
) -> None:
    """Print the language as a JSON Schema, for editors that complete and check YAML; plugins' layers are in it.

    `cnnspec schema --out cnnspec.schema.json` writes it to a file. A spec beside that file then begins with the line
    `# yaml-language-server: $schema=cnnspec.schema.json`, as the specs that ship do.
    """
    from cnnspec.engine.plugins import load_offered
    from cnnspec.engine.schema import schema as language
    from cnnspec.engine.schema.recipe import schema as of_recipes
    from cnnspec.engine.schema.sweep import schema as of_sweeps
    from cnnspec.engine.schema.text import text
    from cnnspec.engine.spec import builtin_blocks

    if recipe and sweep:
        raise UsageError("one schema is printed at a time", "--recipe, --sweep, or neither for that of specs")
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
