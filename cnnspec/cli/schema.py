"""`cnnspec schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnnspec.cli.output import console, save, write


def schema(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to a file.")] = None,
) -> None:
    """Print the language as a JSON Schema, for editors that complete and check YAML; plugins' layers are in it.

    `cnnspec schema --out cnnspec.schema.json` writes it to a file. A spec beside that file then begins with the line
    `# yaml-language-server: $schema=cnnspec.schema.json`, as the specs that ship do.
    """
    from cnnspec.emit.schema import schema as language
    from cnnspec.emit.schema.text import text
    from cnnspec.plugins import load_offered
    from cnnspec.spec import builtin_blocks

    load_offered(builtin_blocks())

    if out is None:
        write(text(language()))
        return
    save(out, text(language()) + "\n")
    console().print(f"{out} is written; a spec beside it begins with")
    console().print(f"# yaml-language-server: $schema={out.name}")
