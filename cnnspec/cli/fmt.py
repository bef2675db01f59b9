"""`cnnspec fmt`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from cnnspec.cli.check_targets import Target, gather
from cnnspec.cli.check_text import as_diff, rewrite, with_line_ends
from cnnspec.cli.options import complete_any
from cnnspec.cli.output import say, show, show_error, write
from cnnspec.cli.stdin import STDIN_NAME, standard_input
from cnnspec.engine.diagnostics import CnnspecError, Diagnostic, SpecError, UsageError, count, printable_lines
from cnnspec.engine.formatting import formatted_source
from cnnspec.engine.spec.roots import open_checked
from cnnspec.engine.spec.shipped import ENDINGS, STDIN, display

NOT_FORMATTED = SpecError.exit_code

Names = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|FOLDER...",
        help="Specs, recipes and sweeps by path, folders of them, or - for standard input.",
        autocompletion=complete_any,
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit with 3 if a file would change.")]
Diff = Annotated[bool, typer.Option("--diff", help="Like --check, and show what would change.")]


class Outcome(Struct, frozen=True):
    """What became of one text: whether it changes, or why it cannot be read."""

    changes: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    failure: CnnspecError | None = None

    @property
    def exit_code(self) -> int:
        if self.failure:
            return self.failure.exit_code
        return NOT_FORMATTED if self.diagnostics else 0


def fmt(names: Names, check: Check = False, diff: Diff = False) -> None:
    """Format specs, recipes and sweeps in the standard layout.

    Comments are kept, and the network does not change. A file that is not YAML is left unchanged, and its errors
    are printed. In a folder, this formats every .yaml or .yml file with the key `cnnspec:`, `cnnspec_recipe:` or
    `cnnspec_sweep:` at its top. `-` reads standard input and prints the result. The exit code is 0; 3 if a file is
    not YAML or, with --check or --diff, would change; 7 if a file cannot be read or written.
    """
    gathered = gather(names)
    for error in gathered.failures:
        show_error(error)
    outcomes = [_format(target, check=check, diff=diff) for target in gathered.targets]
    _report(outcomes, is_dry=check or diff, stdin=names == [STDIN])
    changed = NOT_FORMATTED if (check or diff) and any(outcome.changes for outcome in outcomes) else 0
    failed = [error.exit_code for error in gathered.failures]
    raise typer.Exit(max([changed, *failed, *(outcome.exit_code for outcome in outcomes)]))


def _format(target: Target, *, check: bool, diff: bool) -> Outcome:
    """Format one text; what hinders that is part of the answer, so that the others are still formatted."""
    try:
        return _one(target, check=check, diff=diff)
    except SpecError as error:
        show_error(error)
        return Outcome(diagnostics=error.diagnostics)
    except CnnspecError as error:
        show_error(error)
        return Outcome(failure=error)


def _one(target: Target, *, check: bool, diff: bool) -> Outcome:
    if target.path is None:
        source = standard_input(STDIN_NAME)
    else:
        source = open_checked(target.path, display(target.path), target.roots)
    text, diagnostics = formatted_source(source)
    show(diagnostics)
    text = with_line_ends(source.text, text)
    changes = text != source.text
    if diff and changes:
        sys.stdout.write(printable_lines(as_diff(source, text)))
    if target.path is None and not (check or diff or diagnostics):
        write(text)
    elif check and changes:
        say(f"{target.name}: not formatted")
    elif changes and not (check or diff) and target.path is not None:
        rewrite(_own(target, target.path), source, text)
        say(f"{target.name}: formatted")
    return Outcome(changes, diagnostics)


def _own(target: Target, path: Path) -> Path:
    """The file of a target. Raises UsageError for one that ships with cnnspec, named as such."""
    if target.name.endswith(ENDINGS) or Path(target.name).is_file():
        return path
    help = f"`cnnspec zoo {target.name} > mine.yaml` makes a copy that you can change"
    raise UsageError(f"`{target.name}` ships with cnnspec, so it is not rewritten", help)


def _report(outcomes: list[Outcome], *, is_dry: bool, stdin: bool) -> None:
    """``2 files formatted, 1 unchanged``."""
    read = [outcome for outcome in outcomes if not outcome.failure and not outcome.diagnostics]
    changed = sum(outcome.changes for outcome in read)
    if stdin or not read:
        return
    verb = "would be formatted" if is_dry else "formatted"
    parts = [f"{count(changed, 'file')} {verb}"] if changed else []
    parts += [f"{len(read) - changed:,} unchanged" if changed else f"{count(len(read) - changed, 'file')} unchanged"]
    say(", ".join(parts if len(read) > changed else parts[:1]))
