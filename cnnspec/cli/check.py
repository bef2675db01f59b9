"""`cnnspec check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cnnspec.cli.checked import Fix, Options, check_target
from cnnspec.cli.gather import Gathered, gather
from cnnspec.cli.options import Variant, complete_any
from cnnspec.cli.output import say
from cnnspec.cli.report import Format, exit_code, report
from cnnspec.cli.stdin import STDIN_NAME
from cnnspec.diagnostics import UsageError
from cnnspec.spec.budget import Budget, given
from cnnspec.spec.shipped import STDIN

Names = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|FOLDER|NAME...",
        help="Specs, recipes and sweeps by path or shipped name, folders of them, or - for standard input.",
        autocompletion=complete_any,
    ),
]
Formats = Annotated[Format, typer.Option("--format", help="How to print what is found.")]
Strict = Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")]
FIX = "Make the safe repairs in the files: those that are right under every variant, --variant or not."
Repair = Annotated[bool, typer.Option("--fix", help=FIX)]
Diff = Annotated[bool, typer.Option("--diff", help="Show what --fix would change, and write nothing.")]
Watch = Annotated[bool, typer.Option("--watch", help="Check again whenever a file is saved, until Ctrl-C.")]
Params = Annotated[str | None, typer.Option("--max-params", metavar="N", help="The most params, such as 12M.")]
Macs = Annotated[str | None, typer.Option("--max-macs", metavar="N", help="The most MACs for one input, such as 2G.")]
Memory = Annotated[
    str | None, typer.Option("--max-memory", metavar="BYTES", help="The most memory for one input, such as 500MB.")
]
Smallest = Annotated[
    str | None, typer.Option("--min-input", metavar="N", help="An image of N×N passes, or a smaller one.")
]
SkipOthers = Annotated[bool, typer.Option("--skip-others", help="Skip named files that have no key `cnnspec:`.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Name the files that are skipped.")]
ROOT = "Let the names in a text lead into this folder, too; by default into the folder that is checked."
Root = Annotated[Path | None, typer.Option("--root", metavar="DIR", help=ROOT, show_default=False)]
StdinName = Annotated[str, typer.Option("--stdin-name", metavar="FILE", help="What to call standard input.")]


def check(
    names: Names,
    variant: Variant = None,
    format: Formats = Format.text,
    strict: Strict = False,
    fix: Repair = False,
    diff: Diff = False,
    watch: Watch = False,
    max_params: Params = None,
    max_macs: Macs = None,
    max_memory: Memory = None,
    min_input: Smallest = None,
    skip_others: SkipOthers = False,
    verbose: Verbose = False,
    root: Root = None,
    stdin_name: StdinName = STDIN_NAME,
) -> None:
    """Check specs: every mistake at its line and column, with its repair.

    A file is checked under each of its variants; of a folder every .yaml or .yml file that has the key `cnnspec:` at
    its top. Nothing runs and torch is not needed. The exit code is 0 where all is sound, 3 where something is
    not, and 7 where a file cannot be read. With --format json each spec gives one line.
    """
    bounds = {"max_params": max_params, "max_macs": max_macs, "max_memory": max_memory, "min_input": min_input}
    mode = Fix.show if diff else Fix.write if fix else Fix.leave
    options = Options(variant, strict, mode, _budget(bounds), stdin_name)
    _refuse_together(names, format, mode, watch)

    def look() -> Gathered:
        return gather(names, skip_others=skip_others, root=root)

    def run(gathered: Gathered) -> int:
        return _run(gathered, options, format, verbose)

    if watch:
        from cnnspec.cli.watch import watch as keep_checking

        keep_checking(names, look, run, headings=format is Format.text)
    raise typer.Exit(run(look()))


def _run(gathered: Gathered, options: Options, format: Format, verbose: bool) -> int:
    """Checks and prints everything once, and gives the exit code."""
    results = [check_target(target, options) for target in gathered.targets]
    for path in gathered.skipped if verbose and format is Format.text else ():
        say(f"{path}: skipped, it has no key `cnnspec:`")
    report(format, results, gathered.skipped, gathered.failures)
    return exit_code(results, gathered.failures)


def _budget(bounds: dict[str, str | None]) -> Budget | None:
    """The bounds that are given. Raises UsageError for a figure that is none."""
    stated = {name: value for name, value in bounds.items() if value is not None}
    return given(stated, lambda name: f"`--{name.replace('_', '-')}`") if stated else None


def _refuse_together(names: Sequence[str], format: Format, mode: Fix, watch: bool) -> None:
    """Raises UsageError for options that do not go together."""
    if mode is Fix.write and STDIN in names:
        raise UsageError("--fix rewrites files, and standard input is none", "--diff shows what would change")
    if mode is Fix.show and format is not Format.text:
        raise UsageError(f"--diff prints text, not {format}")
    if watch and (STDIN in names or mode is not Fix.leave or format not in (Format.text, Format.json)):
        help = "it goes without -, --fix and --diff, and with --format text or json"
        raise UsageError("--watch checks files again, prints, and changes nothing", help)
